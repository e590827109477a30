-- The order of work of one priority: what belongs together arrived together. Of what waits already, the order of time stays.
alter table scheduled_tasks add column arrival bigint;
update scheduled_tasks set arrival = 0;
drop index scheduled_tasks_due;
create index scheduled_tasks_due on scheduled_tasks (priority desc, arrival asc, execution_time asc);
