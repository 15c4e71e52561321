//! Finds every mistake of a script that can be found without doing anything.

mod mentioned;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

use super::{
    Instance, ScriptError, Source, Surroundings, When, WhenKind,
    api::{self, words},
    diagnostics::{self, known_functions},
    engine::{STACK_SIZE, base_engine, compile},
    lint::{Knowledge, Literal, lint},
    vocabulary::vocabulary,
};
use crate::{clock::Schedule, config::Limits};

/// What a look at one script brought.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The script's file, as people should read it.
    pub file: String,
    /// In the order of the source; warnings among them.
    pub mistakes: Vec<ScriptError>,
    /// Empty when the script cannot be loaded.
    pub watches: Vec<CheckedWatch>,
    /// The hosts that its text names, by name or by tag, in the order of the site file.
    pub hosts: Vec<String>,
    /// The sensors that its text names, in the order of the site file.
    pub sensors: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedWatch {
    pub name: String,
    /// As the script writes it: `every_day("22:30")`.
    pub when: String,
    /// When it fires next, were it loaded now; `None` for triggers.
    pub next: Option<DateTime<Utc>>,
    pub critical: bool,
}

impl Checked {
    /// Whether the script can be used as it is; warnings do not count.
    pub fn is_fine(&self) -> bool {
        !self.mistakes.iter().any(ScriptError::is_error)
    }
}

/// Compiles, lints and loads a script; nothing of it is kept, and no handler runs.
pub async fn check_script(source: Source, around: Surroundings, limits: Limits) -> Checked {
    let mut checked = Checked {
        file: source.file.clone(),
        mistakes: Vec::new(),
        watches: Vec::new(),
        hosts: Vec::new(),
        sensors: Vec::new(),
    };
    match looked_at(&source, &around, &limits).await {
        Ok(found) => {
            checked = Checked {
                mistakes: found.mistakes,
                hosts: found.hosts,
                sensors: found.sensors,
                ..checked
            }
        }
        Err(unreadable) => {
            checked.mistakes.push(*unreadable);
            return checked;
        }
    }
    let (timers, _) = tokio::sync::mpsc::unbounded_channel();
    match Instance::load(source, around.clone(), limits, false, timers).await {
        Ok(instance) => {
            let declared = &instance.declarations.watches;
            checked.watches = declared.iter().map(|watch| watch_row(watch, &around)).collect();
        }
        Err(error) => {
            if !checked.mistakes.iter().any(|found| tells_the_same(found, &error)) {
                checked.mistakes.push(*error);
                checked.mistakes.sort_by_key(ScriptError::place);
            }
        }
    }
    checked
}

/// What a look at the text alone finds, without loading it.
pub async fn findings(source: &Source, around: &Surroundings, limits: &Limits) -> Vec<ScriptError> {
    match looked_at(source, around, limits).await {
        Ok(found) => found.mistakes,
        Err(unreadable) => vec![*unreadable],
    }
}

/// The linter's part, on a thread whose stack is as deep as a script may be nested.
async fn looked_at(
    source: &Source,
    around: &Surroundings,
    limits: &Limits,
) -> Result<Found, Box<ScriptError>> {
    let failed = |why: String| Box::new(ScriptError::new(&source.file, &source.text, why));
    let (answer, looked) = tokio::sync::oneshot::channel();
    let (theirs, around, limits) = (source.clone(), around.clone(), limits.clone());
    std::thread::Builder::new()
        .name(format!("check {}", source.name))
        .stack_size(STACK_SIZE)
        // Nobody waits for the answer any more when the check itself was given up.
        .spawn(move || drop(answer.send(look(&theirs, around, &limits))))
        .map_err(|error| failed(format!("its thread could not be started: {error}")))?;
    match looked.await {
        Ok(found) => found,
        Err(_) => Err(failed("the agent itself failed while it looked at this".into())),
    }
}

struct Found {
    mistakes: Vec<ScriptError>,
    hosts: Vec<String>,
    sensors: Vec<String>,
}

fn look(source: &Source, around: Surroundings, limits: &Limits) -> Result<Found, Box<ScriptError>> {
    let engine = vocabulary(source, around.clone(), limits);
    let ast = compile(&engine, &api::names(), &source.file, &source.text)?;
    let functions = known_functions(&diagnostics::Context {
        ast: Some(&ast),
        ..diagnostics::Context::new(&engine, &source.file, &source.text)
    });
    let rhais = base_engine(limits, &source.folder);
    let rhais = known_functions(&diagnostics::Context::new(&rhais, "", ""));
    let words: Vec<_> = words::all().collect();
    let shared: Vec<_> = texts(&rhais)
        .into_iter()
        .filter(|name| words.iter().any(|word| word.name == *name))
        .collect();
    // Another site's sensor that is merely asked for is not known by that.
    let is_known = |name: &str, was_heard| was_heard || !around.sensors.may_be_peer(name);
    let sensors = around.sensors.all().into_iter();
    let sensors = sensors.filter(|sensor| is_known(&sensor.name, sensor.reading.is_some()));
    let sensors: Vec<_> = sensors.map(|sensor| sensor.name.to_string()).collect();
    let knowledge = Knowledge {
        sensors: &texts(&sensors),
        may_be_peer: &|name| around.sensors.may_be_peer(name),
        hosts: &around.hosts.names().map(|name| &**name).collect::<Vec<_>>(),
        outputs: &around.outputs.iter().map(|name| &**name).collect::<Vec<_>>(),
        networks: &around.networks.iter().map(|name| &**name).collect::<Vec<_>>(),
        costs: &around.costs.names().map(|name| &**name).collect::<Vec<_>>(),
        templates: &around.hosts.templates().map(|(name, _)| &**name).collect::<Vec<_>>(),
        tags: &around
            .hosts
            .iter()
            .flat_map(|host| host.tags.iter().map(String::as_str))
            .collect::<Vec<_>>(),
        words: &words,
        shared: &shared,
        functions: &functions,
        schedule_check: &schedule_check,
        steps: &words::steps(),
    };
    Ok(Found {
        mistakes: lint(&ast, &source.text, &source.file, &knowledge),
        hosts: mentioned::hosts(&ast, &around.hosts),
        sensors: mentioned::sensors(&ast, &sensors),
    })
}

fn texts(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Schedules that cannot be, from their words alone.
fn schedule_check(word: &str, arguments: &[Literal]) -> Result<(), String> {
    let made = match arguments {
        [Literal::Text(text)] => api::schedule_from_text(word, text),
        [Literal::Whole(hour)] if word == "every_day" => Some(Schedule::every_day_at_hour(*hour)),
        _ => None,
    };
    made.transpose().map(drop).map_err(|error| error.to_string())
}

/// Whether the load stumbled over what the linter has found: on the same line, or in the same
/// words where a call goes over several lines.
fn tells_the_same(found: &ScriptError, load: &ScriptError) -> bool {
    let line = |error: &ScriptError| error.place().map(|(line, _)| line);
    found.is_error()
        && found.file == load.file
        && (line(found) == line(load) || found.message == load.message)
}

fn watch_row(watch: &super::Watch, around: &Surroundings) -> CheckedWatch {
    CheckedWatch {
        name: watch.name.clone(),
        when: watch.when.to_string(),
        next: next(&watch.when, around),
        critical: watch.when.critical,
    }
}

fn next(when: &When, around: &Surroundings) -> Option<DateTime<Utc>> {
    match &when.kind {
        WhenKind::Scheduled { schedule, .. } => {
            schedule.next_after(around.clock.now(), &around.calendar)
        }
        WhenKind::Triggered(_) | WhenKind::Heard { .. } | WhenKind::Interrupted { .. } => None,
    }
}
