-- I2: a final state never changes.
select format('job %s was final as %s and then %s', job_id, min(status), max(status))
  from event where kind = 'job_status' and status <= 4
 group by job_id having count(distinct status) > 1
