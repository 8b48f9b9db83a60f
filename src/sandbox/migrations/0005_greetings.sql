-- The sounds of greetings.
CREATE TABLE greetings (
    object INTEGER NOT NULL PRIMARY KEY REFERENCES objects (seq) ON DELETE CASCADE,
    sound  BLOB    NOT NULL
) STRICT;

-- A digest without its sound says nothing.
UPDATE objects SET body = json_remove(body, '$.voicemail.greeting.sha256')
    WHERE kind = 'users' AND json_extract(body, '$.voicemail.greeting.sha256') IS NOT NULL;
