-- What people say of a sweep. tags is a JSON array of texts; archived ones are in no list that does not ask for them.
alter table sweep add column note text not null default '';
alter table sweep add column tags text not null default '[]';
alter table sweep add column archived integer not null default 0;
-- Which metrics an evaluator gave last: forms ask for it.
create index evaluation_latest on evaluation (evaluator, created);
