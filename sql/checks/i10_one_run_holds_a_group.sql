-- I10: at most one unfinished run or job holds a concurrency group, and of a run or job that waits for its turn nothing has begun.
select format('concurrency group %s is held by %s runs and jobs', group_id, count(*))
  from (select group_id from run
         where group_id is not null and group_turn is not null and status > 4 and held_attempt = latest_attempt
         union all
        select group_id from job where group_id is not null and status > 4 and group_held) held
 group by group_id having count(*) > 1
union all
select format('run %s waits for its concurrency group and its job %s is %s', r.id, j.id, j.status)
  from run r join attempt a on a.run_id = r.id and a.number = r.latest_attempt join job j on j.attempt_id = a.id
 where r.group_id is not null and r.status > 4 and r.held_attempt is distinct from r.latest_attempt
   and j.status in (5, 6, 8)
union all
select format('job %s waits for its concurrency group and is %s', id, status)
  from job where status in (5, 6, 8) and group_name is not null and not group_held
