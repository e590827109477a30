-- A job that is run again finds its sweep by this.
alter table sweep add column name text;
create unique index sweep_name on sweep (run, name);
