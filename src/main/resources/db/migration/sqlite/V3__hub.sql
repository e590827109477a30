-- Commits that were given out to clients of the hub endpoints: which snapshots and coefficients made them, and the texts that came with them.
create table hub_commit (
    run     text not null,
    sha     text not null,
    content text not null,
    primary key (run, sha)
);
