-- I9: an ephemeral runner executes at most one job. A task that it was never heard of does not count: that went back.
select format('ephemeral runner %s executed %s jobs', n.id, count(*))
  from runner n join task t on t.runner_id = n.id
 where n.ephemeral and t.heard_at is not null
 group by n.id having count(*) > 1
