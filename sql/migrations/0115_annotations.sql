-- 0115_annotations.sql (expand)
-- Why: the run's page shows what jobs say of their code (`::error file=a,line=3::words`) without reading whole logs; the rows are
-- written with the log's rows, in their transaction. Servers that do not know the table keep none. Nothing follows.
set local lock_timeout = '2s';  -- give up rather than queue every request behind this lock
create table annotation (
    task_id bigint not null references task (id) on delete cascade,
    log_row bigint not null,
    kind    smallint not null,
    title   text not null,
    file    text not null,
    line    bigint not null,
    col     bigint not null,
    message text not null,
    primary key (task_id, log_row),
    constraint annotation_kind_known check (kind between 1 and 3)
);
comment on table annotation is 'what rows of logs say of the code; of each kind of one task the first AnnotationLimits.keptPerKindMax';
comment on column annotation.log_row is 'the row of the log that says it, from 0';
comment on column annotation.kind is '1: error, 2: warning, 3: notice';
