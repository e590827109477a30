-- What networks make, as evaluators leave it: name is the seed in six digits or more, where it is one. problem says why there is no image, and
-- is empty where there is one. thumbnail is empty where content is as small. digest is SHA-256 of content in hex digits.
create table trial_image (
    sweep     text    not null,
    number    integer not null,
    name      text    not null,
    width     integer not null,
    height    integer not null,
    media     text    not null,
    digest    text    not null,
    bytes     bigint  not null,
    problem   text    not null,
    thumbnail bytea   not null,
    content   bytea   not null,
    primary key (sweep, number, name)
);
create index trial_image_bytes on trial_image (sweep, bytes);
-- A trial that was evaluated before gets the images of the one that was.
create index trial_evaluation on trial (evaluation);
