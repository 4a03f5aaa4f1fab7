-- I1: a job attempt has at most one live task, and is running exactly while it has one.
select format('job %s has %s live tasks', job_id, count(*))
  from task where status in (6, 8) group by job_id having count(*) > 1
union all
select format('job %s is %s, its live task is %s', j.id, j.status, t.id)
  from task t join job j on j.id = t.job_id
 where t.status in (6, 8) and (j.task_id is distinct from t.id or j.status <> t.status)
union all
select format('job %s is running, its task %s ended as %s', j.id, t.id, t.status)
  from job j join task t on t.id = j.task_id
 where j.status in (6, 8) and t.status not in (6, 8)
