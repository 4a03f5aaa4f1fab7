-- 0069_accounts.sql (expand)
-- Why: tokens that may do a part of what their owner may, accounts that can be disabled, and organizations that people own
-- and belong to, by teams (docs/adr/0024).
-- The defaults serve servers that do not know the columns: the tokens that they make may do everything, as theirs always
-- could. What those servers do not know they do not check either: an account is disabled, and a token is limited, for
-- certain when no server of before 0069 runs any more.
set local lock_timeout = '2s';
alter table account
    add column full_name text not null default '',
    add column description text not null default '',
    add column website text not null default '',
    add column location text not null default '',
    add column visibility text not null default 'public',
    add column is_active boolean not null default true,
    add column prohibit_login boolean not null default false,
    add column must_change_password boolean not null default false,
    add column last_login_at timestamptz,
    add constraint account_visibility_known check (visibility in ('public', 'limited', 'private')) not valid;
comment on column account.visibility is 'who sees it: everybody, who is logged in, or members and administrators';
comment on column account.prohibit_login is 'every credential of it is refused';
comment on column account.must_change_password is 'refused everything but a change of its password';
comment on column account.last_login_at is 'by password; written at most once a minute';

alter table access_token
    add column scopes text not null default 'all',
    add column last_used_at timestamptz,
    add column expires_at timestamptz;
comment on column access_token.scopes is 'normalised words with commas (Domain: TokenScopes)';
comment on column access_token.last_used_at is 'written at most once a minute';
comment on column access_token.expires_at is 'refused from then on; null: never';

create table team (
    id                   bigint generated always as identity primary key,
    organization_id      bigint not null references account on delete cascade,
    name                 text not null,
    description          text not null default '',
    permission           text not null,
    all_repositories     boolean not null default false,
    creates_repositories boolean not null default false,
    created_at           timestamptz not null default now(),
    constraint team_permission_known check (permission in ('read', 'write', 'admin', 'owner'))
);
create unique index team_name_key on team (organization_id, lower(name));
comment on table team is 'members of an organization with one permission; who is in any team of it is its member, who is in one with permission owner owns it';
comment on column team.all_repositories is 'the permission is for all repositories of the organization; else for those of team_repository';
comment on column team.creates_repositories is 'its members may make repositories in the organization';

create table team_member (
    team_id    bigint not null references team on delete cascade,
    account_id bigint not null references account on delete cascade,
    primary key (team_id, account_id)
);
create index team_member_account_idx on team_member (account_id);

create table team_repository (
    team_id       bigint not null references team on delete cascade,
    repository_id bigint not null references repository on delete cascade,
    primary key (team_id, repository_id)
);
create index team_repository_repository_idx on team_repository (repository_id);
