-- 0095_replaced_actions.sql (expand)
-- Why: the run's page tells which actions a runner was given in the place of others (actions.replace); the table of the
-- configuration may be another by then. Servers of before write none. Nothing follows.
set local lock_timeout = '2s';
alter table task add column replaced_actions text;
comment on column task.replaced_actions is 'actions that were replaced when the payload was made, one a line: from, a tab, to; null: none';
