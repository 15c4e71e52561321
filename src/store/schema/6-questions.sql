-- Questions that a run has asked, with what was answered; gone with the run. `step` is the step's
-- place in the run.
CREATE TABLE questions (
    run   INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    step  TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (run, step)
) WITHOUT ROWID;
