-- 0011_runner_administration.sql (expand)
-- Why: a registration token is shown again by the API (rest.md 4), so beside its hash it is kept sealed (docs/adr/0011).
-- Tokens made before stay good until they are rotated; they have no sealed form and cannot be shown.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock

alter table registration_token add column sealed bytea;
comment on column registration_token.sealed is 'AES-256-GCM of the token: nonce, text, tag; the scope is associated data; null: made before 0011';
