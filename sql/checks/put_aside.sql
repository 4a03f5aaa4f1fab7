-- What was given up is seen: events that could not be read, jobs that could not be prepared for a runner.
select case when i.kind = 'push'
            then format('push %s of %s/%s to %s was put aside: %s', i.id, o.name, r.name, i.ref, left(i.problem, 200))
            else format('%s %s of %s/%s was put aside: %s', i.kind, i.id, o.name, r.name, left(i.problem, 200)) end
  from inbox i join repository r on r.id = i.repository_id join account o on o.id = r.owner_id
 where i.state = 'quarantined'
union all
select format('job %s of run %s could not be prepared: %s', j.id, j.run_id, left(j.problem, 200))
  from job j where j.status = 2 and j.problem like 'this job cannot be prepared:%'
