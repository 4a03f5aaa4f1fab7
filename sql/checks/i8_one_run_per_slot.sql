-- I8: a slot of a schedule becomes one event and at most one run. Runs of old slots may be gone.
select format('slot %s of schedule "%s" of %s in repository %s started %s runs', s.slot, s.cron, s.workflow_path,
              s.repository_id, count(*))
  from schedule_slot s join run r on r.inbox_id = s.inbox_id
 group by s.repository_id, s.workflow_path, s.cron, s.timezone, s.slot having count(*) > 1
union all
select format('event %s is that of %s slots', inbox_id, count(*)) from schedule_slot group by inbox_id having count(*) > 1
