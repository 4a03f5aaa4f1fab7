-- I5: a log is the exact sequence of its lines: chunks follow each other without hole or overlap up to what was acked, and
-- a sealed log has as many lines and bytes as were acked, and no chunk is left of it.
select format('task %s: a chunk begins at row %s, byte %s; the one before ends at row %s', c.task_id, c.first_row, c.byte_offset, c.expected)
  from (select task_id, first_row, byte_offset,
               coalesce(lag(first_row + row_count) over (partition by task_id order by first_row), 0) as expected
          from log_chunk) c
 where c.first_row <> c.expected
union all
select format('task %s: %s rows acked, %s stored', t.id, t.log_rows, coalesce(c.rows, 0))
  from task t left join (select task_id, sum(row_count) as rows from log_chunk group by task_id) c on c.task_id = t.id
 where t.log_sealed_at is null and t.log_rows <> coalesce(c.rows, 0)
union all
select format('task %s: %s rows and %s bytes acked, its file has %s and %s', t.id, t.log_rows, t.log_bytes, f.rows, f.bytes)
  from task t join log_file f on f.task_id = t.id
 where f.rows <> t.log_rows or f.bytes <> t.log_bytes
union all
select format('task %s is sealed, but has %s', t.id, case when f.task_id is null then 'no file' else 'chunks' end)
  from task t left join log_file f on f.task_id = t.id
 where t.log_sealed_at is not null
   and (f.task_id is null or exists (select 1 from log_chunk c where c.task_id = t.id))
union all
select format('task %s: its log is put aside: %s', id, log_problem) from task where log_seal_due_at = 'infinity'
