-- What each sweep found whenever it ended, in this order: which of it is recommended follows by rule. content is JSON.
create table found_length (
    id      bigint generated always as identity primary key,
    run     text    not null,
    sweep   text    not null references sweep,
    content text    not null,
    created bigint  not null
);
create index found_length_run on found_length (run, id);

-- What older versions recommended, of which they kept no more than this.
insert into found_length (run, sweep, content, created)
select r.run, r.sweep, json_build_object('id', 0, 'sweep', r.sweep, 'metric', s.spec::json ->> 'metric',
    'evaluator', s.spec::json ->> 'evaluator', 'settings', null, 'images', json_build_array(), 'optimum', r.optimum::json, 'evidence', null)::text, r.created
from recommendation r join sweep s on s.id = r.sweep
where r.source = 'SWEEP' and r.optimum is not null order by r.created;

-- What users want whatever sweeps find. found is the result that was pinned, where it was one: JSON.
create table pin (
    run       text   not null primary key,
    sigma_rel double precision not null,
    time      double precision,
    found     text,
    created   bigint not null
);
insert into pin (run, sigma_rel, time, created) select run, sigma_rel, time, created from recommendation where source = 'PINNED';
drop table recommendation;
