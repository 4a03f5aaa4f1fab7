-- I3: a run's status is a function of its jobs. The whole function is Domain's `aggregate`, which `millrace verify` asks
-- for each run; this is the part that shows a run that stands still or ended too early.
select format('run %s is %s though all its jobs are done', r.id, r.status)
  from run r
 where r.status > 4
   and not exists (select 1 from job j join attempt a on a.id = j.attempt_id
                    where j.run_id = r.id and a.number = r.latest_attempt and j.status > 4)
union all
select format('run %s is %s though job %s is %s', r.id, r.status, j.id, j.status)
  from run r join attempt a on a.run_id = r.id and a.number = r.latest_attempt join job j on j.attempt_id = a.id
 where r.status <= 4 and j.status > 4
union all
select format('run %s is %s, its latest attempt is %s', r.id, r.status, a.status)
  from run r join attempt a on a.run_id = r.id and a.number = r.latest_attempt
 where a.status is distinct from r.status
