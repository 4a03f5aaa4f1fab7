-- 0041_inbox_indexes.sql
-- Why: what the readers and the sweep of 0040 look for, each time anew.
-- millrace: no transaction
create index concurrently if not exists inbox_waiting_idx on inbox (owner_id, repository_id, due_at, id) where state in ('announced', 'confirmed');
create index concurrently if not exists inbox_leased_idx on inbox (owner_id, repository_id) where lease_until is not null;
create index concurrently if not exists inbox_owner_turn_idx on inbox (owner_id, taken_at);
create index concurrently if not exists inbox_repository_turn_idx on inbox (repository_id, taken_at);
create index concurrently if not exists inbox_quarantined_idx on inbox (repository_id, id) where state = 'quarantined';
create index concurrently if not exists inbox_settled_idx on inbox (coalesce(settled_at, created_at)) where state in ('read', 'dropped', 'quarantined');
