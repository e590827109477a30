-- The numbers of samples, which only fits need; apart from the rest, which every start reads. Null where the file is as quick to read.
delete from catalog_file;
alter table catalog_file add column samples blob;
