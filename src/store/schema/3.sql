-- Outputs that were switched on and have a `max_on`: until when they may be.
CREATE TABLE outputs (
    name     TEXT PRIMARY KEY,
    on_until INTEGER NOT NULL
) WITHOUT ROWID;
