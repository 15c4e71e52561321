//! Steps that switch outputs.

use super::{Executor, Run, rows::Rows};
use crate::{
    journal::Event,
    plan::{OutputAct, OutputStep, Row},
};

impl Executor {
    pub(super) async fn output(&self, run: &Run, step: &OutputStep, rows: &mut Rows) {
        let began = self.clock.monotonic();
        let switched = self.world.switch(step, &run.origin()).await;
        let mut row = Row {
            verb: step.act.name().into(),
            ok: switched.is_ok(),
            seconds: (self.clock.monotonic() - began).as_secs_f64(),
            ..Row::default()
        };
        row.data.insert("switched".into(), step.output.clone().into());
        row.data.insert("level".into(), step.act.level().to_json());
        match switched {
            Ok(done) => {
                row.changed = done.changed;
                row.output = match step.act {
                    OutputAct::Set(level) => format!("{} {level}", step.output),
                    OutputAct::Pulse(length) => {
                        let length = crate::clock::format_duration(length);
                        format!("{} on for {length}", step.output)
                    }
                };
            }
            Err(failure) => {
                row.code = failure.code();
                row.error = Some(failure.message);
            }
        }
        self.note(run, Event::Did { row: row.clone() });
        rows.note(row);
    }
}
