-- Metrics that people bring along. images is how many one rests on, null where nobody says; then the seeds of the point mean nothing.
create table measurement (
    id        bigint generated always as identity primary key,
    run       text   not null,
    source    text   not null,
    evaluator text   not null,
    version   text   not null,
    point     text   not null,
    images    bigint,
    metrics   text   not null,
    created   bigint not null
);
create index measurement_run on measurement (run, source);
