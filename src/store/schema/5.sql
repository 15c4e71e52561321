-- Alerts that were told and are not over; `due` is when the next is told by itself.
CREATE TABLE alerts (
    script TEXT NOT NULL,
    watch  TEXT NOT NULL,
    key    TEXT NOT NULL,
    state  TEXT NOT NULL,
    due    INTEGER,
    PRIMARY KEY (script, watch, key)
) WITHOUT ROWID;
