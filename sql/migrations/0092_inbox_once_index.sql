-- 0092_inbox_once_index.sql
-- Why: an event of the server's own is told once, whoever repeats the transaction that tells it (0091).
-- millrace: no transaction
create unique index concurrently if not exists inbox_once_idx on inbox (once) where once is not null;
