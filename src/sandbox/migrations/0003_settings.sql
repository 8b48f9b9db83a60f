CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A database with objects was made by a sandbox that had one profile only. Its users without a stored scope
-- had that profile's default.
INSERT INTO settings SELECT 'profile', 'sandbox' WHERE EXISTS (SELECT 1 FROM objects);
UPDATE objects SET body = json_set(body, '$.scope', 'simple_user')
    WHERE kind = 'users' AND json_extract(body, '$.scope') IS NULL;
