-- When a person was invited, as seconds, until the person sets a password.
ALTER TABLE objects ADD COLUMN invited_at INTEGER;

-- Whether a person must set a new password before logging in.
ALTER TABLE objects ADD COLUMN must_set_password INTEGER NOT NULL DEFAULT 0;

-- Whether a person has accepted the licence agreement: a copy for the listing.
ALTER TABLE objects ADD COLUMN has_agreed INTEGER NOT NULL DEFAULT 0;

UPDATE objects SET has_agreed = 1 WHERE seq IN (SELECT object FROM agreements);

CREATE TRIGGER agreement_comes AFTER INSERT ON agreements BEGIN
    UPDATE objects SET has_agreed = 1 WHERE seq = new.object;
END;

-- When a message was left, as seconds.
ALTER TABLE messages ADD COLUMN left_at INTEGER NOT NULL DEFAULT 0;

CREATE TRIGGER message_goes AFTER DELETE ON messages BEGIN
    UPDATE objects SET voicemail_messages = voicemail_messages - 1 WHERE seq = old.object;
END;

-- When an instance was rebuilt last, and the features that its phones know since then.
ALTER TABLE rebuilds ADD COLUMN rebuilt_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE rebuilds ADD COLUMN registered TEXT NOT NULL DEFAULT '[]';

-- Tokens that are valid once, by their digests: to set a password, or to provision an app.
CREATE TABLE tickets (
    token   BLOB    NOT NULL PRIMARY KEY,
    object  INTEGER NOT NULL REFERENCES objects (seq) ON DELETE CASCADE,
    purpose TEXT    NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
