-- 0101_external_identities.sql (expand)
-- Why: people may log in by another server that says who they are (OpenID Connect, docs/adr/0038).
-- Servers that do not know these tables offer no such log-in.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock
create table external_identity (
    issuer     text not null,
    subject    text not null,
    account_id bigint not null references account on delete cascade,
    email      text not null default '',
    created_at timestamptz not null default now(),
    primary key (issuer, subject),
    constraint external_identity_one_each unique (account_id, issuer)
);
comment on table external_identity is 'who an account is at another server; found by subject alone, which there is nobody else''s';
comment on column external_identity.email is 'as it was when they were joined, for people to know it by';

create table used_login_state (
    hash       bytea primary key,
    expires_at timestamptz not null
);
create index used_login_state_expires_idx on used_login_state (expires_at);
comment on table used_login_state is 'SHA-256 of the states of log-ins that came back: none comes back twice';
