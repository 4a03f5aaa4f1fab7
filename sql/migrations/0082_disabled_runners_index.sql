-- 0082_disabled_runners_index.sql
-- Why: a list of disabled runners, which are few among many, in the order in which they were seen (docs/adr/0029).
-- millrace: no transaction
create index concurrently if not exists runner_disabled_idx on runner (last_online desc nulls last, id desc) where disabled;
