//! Schedules, and the modifiers that they share with triggers.

use std::sync::Arc;

use rhai::{Dynamic, Engine, ImmutableString, NativeCallContext};

use crate::{
    clock::{Missed, Schedule, ScheduleError},
    script::{
        context::{Context, Fallible},
        engine::Names,
        values::{When, WhenKind},
    },
};

/// The constants of the vocabulary.
pub fn names() -> Names {
    Names::new([("once_an_hour", Dynamic::from(When::scheduled(Schedule::once_an_hour())))])
}

/// Makes the schedule that a call with literal arguments stands for; the linter's way of finding
/// impossible ones without running anything. `None` for other words.
pub fn from_text(word: &str, argument: &str) -> Option<Result<Schedule, ScheduleError>> {
    Some(match word {
        "every" => Schedule::every(argument),
        "every_day" => Schedule::every_day(argument),
        "weekdays" => Schedule::weekdays(argument),
        "cron" => Schedule::cron(argument),
        "sunrise" => Schedule::sunrise(Some(argument)),
        "sunset" => Schedule::sunset(Some(argument)),
        _ => return None,
    })
}

pub(super) fn register(engine: &mut Engine, context: &Arc<Context>) {
    engine
        .register_type_with_name::<When>("When")
        .register_fn("to_string", |when: &mut When| when.to_string())
        .register_fn("critical", |when: When| When { critical: true, ..when });
    for word in ["every", "every_day", "weekdays", "cron", "sunrise", "sunset"] {
        let here = context.clone();
        engine.register_fn(word, move |ctx: NativeCallContext, text: ImmutableString| {
            let schedule = from_text(word, &text).expect("a word of the list above");
            here.schedule(&ctx, schedule)
        });
    }
    let here = context.clone();
    engine.register_fn("every_day", move |ctx: NativeCallContext, hour: i64| {
        here.schedule(&ctx, Schedule::every_day_at_hour(hour))
    });
    let here = context.clone();
    engine.register_fn("sunrise", move |ctx: NativeCallContext| {
        here.schedule(&ctx, Schedule::sunrise(None))
    });
    let here = context.clone();
    engine.register_fn("sunset", move |ctx: NativeCallContext| {
        here.schedule(&ctx, Schedule::sunset(None))
    });
    let here = context.clone();
    engine.register_fn(
        "missed",
        move |ctx: NativeCallContext, when: When, what: ImmutableString| {
            missed(&here, &ctx, when, &what)
        },
    );
    let here = context.clone();
    engine.register_fn("on_fault", move |ctx: NativeCallContext, when: When, handler: Dynamic| {
        Fallible::Ok(When { on_fault: Some(here.handler(&ctx, handler)?), ..when })
    });
}

fn missed(here: &Context, ctx: &NativeCallContext, mut when: When, what: &str) -> Fallible<When> {
    let WhenKind::Scheduled { missed, .. } = &mut when.kind else {
        let message = "`.missed()` goes with schedules; a trigger misses nothing";
        return here.error(
            ctx,
            message,
            Some("leave it out: a trigger that is true at the start fires then".into()),
        );
    };
    *missed = match what {
        "skip" => Missed::Skip,
        "once" => Missed::Once,
        other => {
            let help = "`.missed(\"skip\")` leaves out what was missed, `.missed(\"once\")` makes up for it once";
            return here.error(
                ctx,
                format!("`.missed(\"{other}\")` means nothing"),
                Some(help.into()),
            );
        }
    };
    Ok(when)
}

impl Context {
    fn schedule(
        &self,
        ctx: &NativeCallContext,
        schedule: Result<Schedule, ScheduleError>,
    ) -> Fallible<When> {
        let schedule = schedule.or_else(|error| self.error(ctx, error.to_string(), None))?;
        if let Err(error) = schedule.check(&self.around.calendar) {
            return self.error(ctx, error.to_string(), None);
        }
        Ok(When::scheduled(schedule))
    }
}
