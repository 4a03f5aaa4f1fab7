-- I4: a runnable job with an eligible polling runner is assigned. A runner's calls are written down every 20 s, so only
-- one that called well after the job was queued, and has nothing to do, counts as polling.
select format('job %s waits since %s beside idle runner "%s"', j.id, j.queued_at, n.name)
  from job j join label_set s on s.id = j.label_set_id
  join runner n on s.labels <@ n.labels and not n.disabled and n.spent_at is null
   and (n.repository_id = j.repository_id
        or n.repository_id is null and (n.owner_id = j.owner_id or n.owner_id is null))
 where j.status = 5 and j.changed_at < now() - interval '60 seconds'
   and n.last_online > j.changed_at + interval '45 seconds'
   and not exists (select 1 from task t where t.runner_id = n.id
                      and (t.status in (6, 8) or t.stopped_at > j.changed_at))
