-- What meters have counted in all, whatever filters make of their readings.
CREATE TABLE counts (
    sensor TEXT PRIMARY KEY,
    count  INTEGER NOT NULL
) WITHOUT ROWID;
