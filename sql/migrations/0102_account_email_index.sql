-- 0102_account_email_index.sql (expand)
-- millrace: no transaction
-- Why: a log-in by another server may look for the account that has a mail address (login.oidc_links_by_mail).
create index concurrently if not exists account_email_idx on account (lower(email)) where email <> '';
