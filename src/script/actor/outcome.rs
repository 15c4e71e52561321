//! What comes after a run: errors are counted, and what waited for its end is fired.

use super::{
    Actor,
    job::{Finished, Purpose, Trouble},
    watch_row::PAUSED_BY_ITSELF,
};

/// A watch is paused after so many script errors in a row.
const ERRORS_UNTIL_PAUSE: u32 = 5;

impl Actor {
    pub(super) async fn ended(&mut self, mut finished: Finished) {
        let store = self.station.around.store.clone();
        // A look at a switch's state is no run that would have to go on.
        if finished.id != 0
            && let Err(error) = store.end_run(finished.id).await
        {
            self.trouble(&finished.watch, &error.to_string());
        }
        if let Some(next) = self.queue.ended(finished.was_function, !self.stopping) {
            self.launch(next);
        }
        match std::mem::replace(&mut finished.purpose, Purpose::Watch) {
            Purpose::Watch => {}
            Purpose::Switch(ticket) => return self.switched(&finished, ticket).await,
            Purpose::Look { switch, ticket, otherwise } => {
                return self.state_told(&finished, (switch, ticket, otherwise));
            }
        }
        let watch = finished.watch.clone();
        let Some(index) = self.watches.get_index_of(&*watch) else { return };
        self.watches[index].running = false;
        match finished.trouble {
            None => self.went_well(index, finished.id).await,
            Some(Trouble::SensorGone(absence)) => {
                self.sensor_gone(index, &absence.sensor, &absence.why).await;
            }
            Some(Trouble::Mistake(message)) => self.mistake(index, &message).await,
        }
        let row = &mut self.watches[index];
        if !self.stopping
            && !row.running
            && let Some(edge) = row.next_edge.take()
        {
            self.fire_edge(index, edge).await;
        }
    }

    async fn went_well(&mut self, index: usize, run: i64) {
        let row = &mut self.watches[index];
        let name = row.name().to_owned();
        // What it has told before and not this time is over; a trigger's own end says so itself.
        if row.sensor().is_none() {
            self.alerts_are_over(&name, Some(run)).await;
        }
        let row = &mut self.watches[index];
        // A handler that went well has all the sensors that it needs; a trigger's is seen to where
        // its readings come in.
        if row.sensor().is_none() && row.told_of.take().is_some() {
            self.keep_told_of(index).await;
        }
        if self.watches[index].has_errors {
            match self.station.around.store.clear_errors(&self.name, &name).await {
                Ok(()) => self.watches[index].has_errors = false,
                Err(error) => self.trouble(&name, &error.to_string()),
            }
        }
    }

    pub(super) async fn alerts_are_over(&self, watch: &str, but: Option<i64>) {
        if let Err(error) = self.station.executor.alerts_are_over(&self.name, watch, but).await {
            self.trouble(watch, &error.to_string());
        }
    }

    async fn mistake(&mut self, index: usize, message: &str) {
        let row = &mut self.watches[index];
        row.has_errors = true;
        let name = row.name().to_owned();
        let critical = row.declared().when.critical;
        match self.station.around.store.count_error(&self.name, &name).await {
            Ok(errors) if errors >= ERRORS_UNTIL_PAUSE && !critical => {
                let reason =
                    format!("{PAUSED_BY_ITSELF}{errors} errors in a row, the last: {message}");
                let subject = format!("watch \"{name}\" is paused");
                let id = format!(
                    "{}.{name}.paused.{}",
                    self.name,
                    self.station.around.clock.now().timestamp_millis()
                );
                let body = format!("{reason}\nEdit the script, or say: watchpost resume {name}");
                self.station.owner.tell(&id, &subject, &body, &self.name).await;
                if let Err(error) = self.pause(&name, reason).await {
                    self.trouble(&name, &error);
                }
            }
            Ok(_) => {}
            Err(error) => self.trouble(&name, &error.to_string()),
        }
    }
}
