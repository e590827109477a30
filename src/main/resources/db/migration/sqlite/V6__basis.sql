-- What the metrics of a sweep rest on, as JSON: the settings of its evaluator, and some of its runs' files. Null where an older version began the
-- sweep: then the first worker that begins one of its trials says.
alter table sweep add column basis text;

-- Workers of older versions know nothing of it and would mix metrics of other settings in. They do not find trials under this name in the queue,
-- and do not put them there under the old one, for which they ask this column.
update scheduled_tasks set task_name = 'evaluation' where task_name = 'trial';
alter table sweep rename column held to hold;

-- Which phema a worker is, and how many migrations it knows: one that knows less than were made takes nothing.
alter table worker add column version text not null default '';
alter table worker add column migrations integer not null default 0;

-- What a worker does not take out of the queue, and why. "work" is how instances of the task begin, up to a slash.
create table left_alone (
    worker text not null,
    task   text not null,
    work   text not null,
    reason text not null,
    primary key (worker, task, work)
);
