-- Times are milliseconds since 1970, UTC. The views at the end show them as people read them:
--   SELECT * FROM reading WHERE sensor = 'closet/temperature' ORDER BY time DESC LIMIT 10;

-- "WpSt" in the file's header: this is Watchpost's.
PRAGMA application_id = 0x57705374;

CREATE TABLE sensors (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    unit TEXT NOT NULL
);

-- id = time * 10000 + sensor: new readings go to the end of the table, and no index is written.
CREATE TABLE readings (
    id    INTEGER PRIMARY KEY,
    value REAL NOT NULL
);

CREATE TABLE journal (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    script TEXT NOT NULL,
    watch  TEXT NOT NULL,
    run    INTEGER,
    event  TEXT NOT NULL,
    entry  TEXT NOT NULL
);

CREATE TABLE runs (
    -- Never used twice: the journal joins a run's lines by it.
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    script       TEXT NOT NULL,
    watch        TEXT NOT NULL,
    cause        TEXT NOT NULL,
    event_id     TEXT NOT NULL,
    handler_kind TEXT NOT NULL,
    handler      TEXT,
    began        INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE walks (
    id   INTEGER PRIMARY KEY,
    run  INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step TEXT NOT NULL,
    host TEXT NOT NULL,
    row  TEXT NOT NULL,
    UNIQUE (run, step, host)
);

CREATE TABLE watches (
    script        TEXT NOT NULL,
    watch         TEXT NOT NULL,
    last_run      INTEGER,
    armed_since   INTEGER,
    trigger_state TEXT,
    paused_reason TEXT,
    paused_since  INTEGER,
    errors        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (script, watch)
) WITHOUT ROWID;

CREATE TABLE timers (
    script  TEXT NOT NULL,
    name    TEXT NOT NULL,
    due     INTEGER NOT NULL,
    handler TEXT NOT NULL,
    PRIMARY KEY (script, name)
) WITHOUT ROWID;

CREATE TABLE memory (
    script TEXT NOT NULL,
    key    TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (script, key)
) WITHOUT ROWID;

CREATE TABLE holds (
    name    TEXT PRIMARY KEY,
    script  TEXT NOT NULL,
    cause   TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('on', 'off')),
    hosts   TEXT NOT NULL,
    changed TEXT NOT NULL,
    since   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE outbox (
    id         TEXT PRIMARY KEY,
    channel    TEXT NOT NULL,
    message    TEXT NOT NULL,
    created    INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_try   INTEGER NOT NULL,
    state      TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead')),
    last_error TEXT
);

CREATE INDEX outbox_waiting ON outbox (channel, next_try) WHERE state = 'waiting';

CREATE VIEW reading AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', readings.id / 10000 / 1000.0, 'unixepoch') AS time,
       sensors.name AS sensor,
       readings.value AS value,
       sensors.unit AS unit,
       readings.id / 10000 AS at
FROM readings
JOIN sensors ON sensors.id = readings.id % 10000;

CREATE VIEW log AS
SELECT strftime('%Y-%m-%dT%H:%M:%fZ', at / 1000.0, 'unixepoch') AS time, script, watch, run, event, entry
FROM journal;
