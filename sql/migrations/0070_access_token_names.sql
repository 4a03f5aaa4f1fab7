-- 0070_access_token_names.sql (expand, apart from 0069: it waits for no lock)
-- Why: a token is also deleted by its name, which must then name one of them.
alter table account validate constraint account_visibility_known;
create unique index access_token_name_key on access_token (account_id, name);
