-- What scans learned of files, so that a restart does not read them again. Derived: may be emptied at any time.
create table catalog_file (
    folder   text   not null,
    name     text   not null,
    size     bigint not null,
    modified text   not null,
    content  blob   not null,
    primary key (folder, name)
);
