-- Instants are milliseconds since 1970. Texts named spec, point and metrics are JSON.

create table sweep (
    id       text    not null primary key,
    run      text    not null,
    spec     text    not null,
    -- null, PAUSED or CANCELLED; everything else follows from the trials
    held     text,
    -- grows with every change of the sweep or of a trial; updating it first makes transactions about one sweep take turns
    version  bigint  not null,
    created  bigint  not null
);
create index sweep_run on sweep (run, created);

create table trial (
    sweep      text    not null references sweep,
    number     integer not null,
    point      text    not null,
    state      text    not null,
    -- each begin is an attempt; only the latest may record an end
    attempt    integer not null default 0,
    -- attempts that ended in an error, and attempts whose worker died
    failures   integer not null default 0,
    deaths     integer not null default 0,
    worker     text,
    evaluation text,
    cached     integer not null default 0,
    error      text,
    started    bigint,
    ended      bigint,
    -- the sweep's version when it last changed
    change     bigint  not null,
    primary key (sweep, number),
    unique (sweep, point)
);
create index trial_state on trial (state);

-- Output of the latest attempt; its beginning may be cut off.
create table trial_log (
    sweep   text    not null,
    number  integer not null,
    content text    not null,
    primary key (sweep, number)
);

-- Metrics by all that determines them. Never changed, so that repeating a sweep costs nothing.
create table evaluation (
    id      text   not null primary key,
    metrics text   not null,
    seconds double precision not null,
    created bigint not null
);

-- source is PINNED or SWEEP.
create table recommendation (
    run       text   not null,
    source    text   not null,
    sigma_rel double precision not null,
    time      double precision,
    sweep     text,
    optimum   text,
    created   bigint not null,
    primary key (run, source)
);

create table synthesis (
    id          text    not null primary key,
    run         text    not null,
    spec        text    not null,
    state       text    not null,
    attempt     integer not null default 0,
    failures    integer not null default 0,
    deaths      integer not null default 0,
    worker      text,
    bytes       bigint  not null default 0,
    total_bytes bigint  not null default 0,
    files       text    not null default '[]',
    error       text,
    created     bigint  not null,
    ended       bigint
);

create table worker (
    name  text   not null primary key,
    host  text   not null,
    pid   bigint not null,
    since bigint not null,
    seen  bigint not null
);

-- db-scheduler's own.
create table scheduled_tasks (
    task_name            text      not null,
    task_instance        text      not null,
    task_data            blob,
    execution_time       timestamp not null,
    picked               boolean   not null,
    picked_by            text,
    last_success         timestamp,
    last_failure         timestamp,
    consecutive_failures integer,
    last_heartbeat       timestamp,
    version              bigint    not null,
    priority             smallint,
    primary key (task_name, task_instance)
);
create index scheduled_tasks_due on scheduled_tasks (priority desc, execution_time asc);
create index scheduled_tasks_heartbeat on scheduled_tasks (last_heartbeat);
