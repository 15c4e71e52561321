-- What was last seen of each host: since when it has been so.
CREATE TABLE hosts (
    name  TEXT PRIMARY KEY,
    up    INTEGER NOT NULL,
    since INTEGER NOT NULL
) WITHOUT ROWID;

-- When this agent switched a host, for the guard against flapping; what is older than it needs goes.
CREATE TABLE host_switches (
    id   INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    at   INTEGER NOT NULL,
    on_  INTEGER NOT NULL
);

CREATE INDEX host_switches_of ON host_switches (host, at);

-- Released, but something it did could not be undone yet.
ALTER TABLE holds ADD COLUMN releasing INTEGER NOT NULL DEFAULT 0;
