-- Pins are of any profile, as text.
alter table pin add column profile text not null default '';
update pin set profile = 'power:' || sigma_rel;
alter table pin drop column sigma_rel;
