-- 0100_sessions.sql (expand)
-- Why: people log in by a page and stay logged in by a cookie (docs/adr/0037). The trigger ends sessions also when a server that
-- does not know them changes a password or disables an account.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock
create table session (
    id            bigint generated always as identity primary key,
    account_id    bigint not null references account on delete cascade,
    hash          bytea not null,
    previous_hash bytea,
    created_at    timestamptz not null,
    seen_at       timestamptz not null,
    renewed_at    timestamptz not null,
    confirmed_at  timestamptz,
    expires_at    timestamptz not null,
    user_agent    text not null default '',
    address       text not null default '',
    constraint session_hash_key unique (hash),
    constraint session_hash_is_sha256 check (octet_length(hash) = 32)
);
create unique index session_previous_hash_key on session (previous_hash) where previous_hash is not null;
create index session_account_idx on session (account_id, id);
create index session_expires_idx on session (expires_at);
comment on table session is 'log-ins of people by browser';
comment on column session.hash is 'SHA-256 of the secret in the cookie, which nobody else has';
comment on column session.previous_hash is 'of the secret before the last renewal, for requests that were under way';
comment on column session.seen_at is 'written every few minutes at most';
comment on column session.renewed_at is 'when the secret was made';
comment on column session.confirmed_at is 'when the new secret was first used; null: the browser may not have it';
comment on column session.expires_at is 'it is refused from then on: the end of its life or of its idleness, whichever is first';

create function end_sessions() returns trigger language plpgsql as $$
begin
    delete from session where account_id = new.id;
    return null;
end $$;
create trigger account_ends_sessions after update of password_hash, prohibit_login, is_active on account
    for each row when (
        old.password_hash is distinct from new.password_hash or (new.prohibit_login and not old.prohibit_login)
        or (old.is_active and not new.is_active))
    execute function end_sessions();
