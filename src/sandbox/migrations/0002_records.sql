-- The record of the last apply of each workspace, as the client sent it.
CREATE TABLE records (
    workspace TEXT NOT NULL PRIMARY KEY,
    record    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
