-- Every object of every kind. The body is canonical JSON without defaults, without the key, and
-- without any secret: of a secret only its version is kept.
CREATE TABLE objects (
    seq                INTEGER PRIMARY KEY,
    id                 TEXT    NOT NULL UNIQUE,
    kind               TEXT    NOT NULL,
    key                TEXT    NOT NULL,
    version            INTEGER NOT NULL,
    system             INTEGER NOT NULL DEFAULT 0,
    voicemail_messages INTEGER NOT NULL DEFAULT 0,
    body               TEXT    NOT NULL,
    UNIQUE (kind, key)
) STRICT;

-- What no two objects may share: an extension, an e-mail address, a MAC address. That the database
-- keeps this, and not the code before it, is why two writers can never both win.
CREATE TABLE claims (
    space  TEXT    NOT NULL,
    value  TEXT    NOT NULL,
    object INTEGER NOT NULL REFERENCES objects (seq) ON DELETE CASCADE,
    PRIMARY KEY (space, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX claims_of_object ON claims (object);

-- How many objects of each kind there are: every page says so, and counting 100,000 rows for each
-- would cost more than the page.
CREATE TABLE totals (
    kind  TEXT    NOT NULL PRIMARY KEY,
    total INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER object_comes AFTER INSERT ON objects BEGIN
    INSERT INTO totals (kind, total) VALUES (new.kind, 1)
        ON CONFLICT (kind) DO UPDATE SET total = total + 1;
END;

CREATE TRIGGER object_goes AFTER DELETE ON objects BEGIN
    UPDATE totals SET total = total - 1 WHERE kind = old.kind;
END;

-- How many writes there have been: a reader whose pages all name the same revision saw one state.
CREATE TABLE revision (
    only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1),
    value    INTEGER NOT NULL
) STRICT;

INSERT INTO revision VALUES (1, 0);
