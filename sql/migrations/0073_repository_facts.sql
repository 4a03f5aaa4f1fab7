-- 0073_repository_facts.sql (expand)
-- Why: the API shows and changes more of a repository than its name (rest.md 11), old addresses go on working after a rename or
-- a transfer, and a repository with a long history cannot be removed in one transaction.
-- The defaults serve servers that do not know the columns. One of those shows a repository that is being removed under its new
-- name, <id>.deleted.wiki, until it is gone.
set local lock_timeout = '2s';
alter table repository
    add column description text not null default '',
    add column website     text not null default '',
    add column is_template boolean not null default false,
    add column is_archived boolean not null default false,
    add column archived_at timestamptz,
    add column updated_at  timestamptz not null default now(),
    add column git_bytes   bigint not null default 0,
    add column deleted_at  timestamptz;
comment on column repository.is_archived is 'nobody writes to it, by git or by the API';
comment on column repository.updated_at is 'the last push, or change of what the API shows of it';
comment on column repository.git_bytes is 'of its objects, as they were counted after the last push';
comment on column repository.deleted_at is 'somebody deleted it: nobody sees it, and a sweep removes its runs, its files and then the row';
create index repository_deleted_idx on repository (id) where deleted_at is not null;

create table repository_redirect (
    owner_id      bigint not null references account on delete cascade,
    name          text not null,
    repository_id bigint not null references repository on delete cascade,
    created_at    timestamptz not null default now()
);
comment on table repository_redirect is 'addresses that a repository had before it was renamed or transferred, until another one takes the name';
create unique index repository_redirect_name_key on repository_redirect (owner_id, lower(name));
create index repository_redirect_repository_idx on repository_redirect (repository_id);
