-- The secrets of objects, as argon2 hashes: a password by which a person logs in, and PINs.
CREATE TABLE secrets (
    object INTEGER NOT NULL REFERENCES objects (seq) ON DELETE CASCADE,
    path   TEXT    NOT NULL,
    hash   TEXT    NOT NULL,
    PRIMARY KEY (object, path)
) STRICT, WITHOUT ROWID;

-- Who has accepted the licence agreement.
CREATE TABLE agreements (
    object INTEGER NOT NULL PRIMARY KEY REFERENCES objects (seq) ON DELETE CASCADE
) STRICT;

-- Who is logged in, by the digest of the token.
CREATE TABLE sessions (
    token  BLOB    NOT NULL PRIMARY KEY,
    object INTEGER NOT NULL REFERENCES objects (seq) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The mails that a real system would have sent.
CREATE TABLE outbox (
    seq       INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL,
    subject   TEXT NOT NULL,
    body      TEXT NOT NULL
) STRICT;

-- The voicemail messages, without their sound.
CREATE TABLE messages (
    seq     INTEGER PRIMARY KEY,
    object  INTEGER NOT NULL REFERENCES objects (seq) ON DELETE CASCADE,
    caller  TEXT    NOT NULL,
    seconds INTEGER NOT NULL
) STRICT;

CREATE TRIGGER message_comes AFTER INSERT ON messages BEGIN
    UPDATE objects SET voicemail_messages = voicemail_messages + 1 WHERE seq = new.object;
END;

-- How many licences of each type the account has.
CREATE TABLE licences (
    type  TEXT    NOT NULL PRIMARY KEY,
    total INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How often each instance was rebuilt.
CREATE TABLE rebuilds (
    object INTEGER NOT NULL PRIMARY KEY REFERENCES objects (seq) ON DELETE CASCADE,
    count  INTEGER NOT NULL
) STRICT;
