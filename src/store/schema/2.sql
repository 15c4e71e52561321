-- What makes a switch the same device for ever, and what it showed last.
CREATE TABLE switches (
    name       TEXT PRIMARY KEY,
    serial     TEXT NOT NULL UNIQUE,
    -- No two devices share one; NULL until the device is shown for the first time.
    port       INTEGER UNIQUE,
    on_        INTEGER,
    brightness INTEGER
) WITHOUT ROWID;

-- Who had the timer set: what a voice began stays a voice's deed.
ALTER TABLE timers ADD COLUMN by TEXT NOT NULL DEFAULT 'script';
