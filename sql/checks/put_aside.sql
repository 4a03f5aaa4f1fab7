-- What was given up is seen: pushes that could not be read, jobs that could not be prepared for a runner.
select format('push %s of %s/%s to %s was put aside: %s', i.id, o.name, r.name, i.ref, left(i.problem, 200))
  from inbox i join repository r on r.id = i.repository_id join account o on o.id = r.owner_id
 where i.state = 'quarantined'
union all
select format('job %s of run %s could not be prepared: %s', j.id, j.run_id, left(j.problem, 200))
  from job j where j.status = 2 and j.problem like 'this job cannot be prepared:%'
