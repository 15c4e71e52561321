-- Readings that the broker has not taken yet; `value` is JSON, a number or true or false.
CREATE TABLE mqtt_queue (
    seq    INTEGER PRIMARY KEY,
    sensor TEXT NOT NULL,
    unit   TEXT NOT NULL,
    at     INTEGER NOT NULL,
    value  TEXT NOT NULL
);
