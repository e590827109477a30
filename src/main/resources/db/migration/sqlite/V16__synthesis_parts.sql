-- What a synthesis writes and with which coefficients, and who writes what of it, as JSON. Null where an older version was asked for it: then the
-- first worker that takes it says.
alter table synthesis add column plan text;
-- Grows with every change of a part; updating it first makes transactions about one synthesis take turns.
alter table synthesis add column version bigint not null default 0;

-- Parts are work of their own in the queue. The last one waits there when all others are done.
create table synthesis_part (
    synthesis   text    not null references synthesis,
    number      integer not null,
    state       text    not null,
    -- each begin is an attempt; only the latest may record an end
    attempt     integer not null default 0,
    -- attempts that ended in an error, and attempts whose worker died
    failures    integer not null default 0,
    deaths      integer not null default 0,
    worker      text,
    bytes       bigint  not null default 0,
    total_bytes bigint  not null,
    primary key (synthesis, number)
);
