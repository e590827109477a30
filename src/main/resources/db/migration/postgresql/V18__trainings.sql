-- Files of runs, by which another training of the same name is told, each but once. files is JSON: of RUN/NAME, digits.
create table training (
    id    text not null primary key,
    files text not null
);

-- What was found before was found on the files of its sweep. Nobody knows which files pins and measurements are of.
insert into training (id, files)
select id, json_build_object('stamps', basis::json -> 'snapshots', 'contents', '{}'::json)::text from sweep where basis is not null;
update found_length set content = jsonb_set(content::jsonb, '{training}', to_jsonb(sweep))::text where sweep in (select id from training);
alter table pin add column training text;
alter table measurement add column training text;
