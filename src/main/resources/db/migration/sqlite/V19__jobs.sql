-- The sweep that has taken the place and the name of this one, which stays archived until that one is replaced as well.
alter table sweep add column replaced_by text;
-- How many more trials are evaluated before the sweep is cancelled; null for any number.
alter table sweep add column trials_left integer;
