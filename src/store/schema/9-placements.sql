-- Where the machines of placed hosts are, and since when (milliseconds since 1970).
CREATE TABLE placements (
    host     TEXT PRIMARY KEY,
    template TEXT NOT NULL,
    since    INTEGER NOT NULL
) WITHOUT ROWID;

-- Moves that are under way: what an agent that was killed has to bring to an end.
CREATE TABLE moves (
    id    TEXT PRIMARY KEY,
    move  TEXT NOT NULL,
    began INTEGER NOT NULL
) WITHOUT ROWID;
