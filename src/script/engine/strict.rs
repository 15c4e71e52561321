//! No silent `false`: comparing what cannot be compared throws, and says how to mend it.
//!
//! Rhai answers `false` to `"80.5" > 70.0`. One comparison of anything with anything, registered
//! for each operator, stands between Rhai's exact comparisons and its built-in ones.

use std::{
    cmp::Ordering,
    ops::{Range, RangeInclusive},
};

use rhai::{Array, Dynamic, Engine, EvalAltResult, INT, NativeCallContext};

use crate::script::diagnostics::{type_word, vocabulary_error};

type Holds = fn(Ordering) -> bool;
type Answer = Result<bool, Box<EvalAltResult>>;

pub(super) fn install(engine: &mut Engine) {
    engine.register_fn("==", |context: NativeCallContext, left: Dynamic, right: Dynamic| {
        equal(&left, &right).map_err(|error| error.at(&context))
    });
    engine.register_fn("!=", |context: NativeCallContext, left: Dynamic, right: Dynamic| {
        equal(&left, &right).map(|equal| !equal).map_err(|error| error.at(&context))
    });
    let ordered: [(&str, Holds); 4] = [
        ("<", Ordering::is_lt),
        ("<=", Ordering::is_le),
        (">", Ordering::is_gt),
        (">=", Ordering::is_ge),
    ];
    for (operator, holds) in ordered {
        engine.register_fn(
            operator,
            move |context: NativeCallContext, left: Dynamic, right: Dynamic| -> Answer {
                let order = order(&left, &right).map_err(|error| error.at(&context))?;
                // Not-a-number is neither less nor more than anything.
                Ok(order.is_some_and(holds))
            },
        );
    }
    engine.register_fn("contains", contains);
}

/// `value in array`. Mixed arrays are fine, but an array in which nothing can be compared with the
/// value is a mistake: `"22" in [21, 23]` would be false for ever.
fn contains(context: NativeCallContext, array: &mut Array, value: Dynamic) -> Answer {
    let mut mismatch = None;
    let mut comparable = false;
    for item in array.iter() {
        let same = item.type_id() == value.type_id();
        let answer = if same {
            context.call_native_fn::<bool>("==", (item.clone(), value.clone()))?
        } else {
            match equal(item, &value) {
                Ok(answer) => answer,
                Err(error) => {
                    mismatch.get_or_insert(error);
                    continue;
                }
            }
        };
        if answer {
            return Ok(true);
        }
        comparable = true;
    }
    match mismatch {
        Some(error) if !comparable => Err(error.at(&context)),
        _ => Ok(false),
    }
}

fn equal(left: &Dynamic, right: &Dynamic) -> Result<bool, Mismatch> {
    if left.is_unit() && right.is_unit() {
        return Ok(true);
    }
    if let Some(answer) = same::<bool>(left, right)
        .or_else(|| same::<Range<INT>>(left, right))
        .or_else(|| same::<RangeInclusive<INT>>(left, right))
        .or_else(|| same::<rhai::Blob>(left, right))
    {
        return Ok(answer);
    }
    Ok(order(left, right)? == Some(Ordering::Equal))
}

fn same<T: PartialEq + Clone + 'static>(left: &Dynamic, right: &Dynamic) -> Option<bool> {
    Some(*left.read_lock::<T>()? == *right.read_lock::<T>()?)
}

/// The order of two numbers or two texts; `Ok(None)` where one number is not a number.
fn order(left: &Dynamic, right: &Dynamic) -> Result<Option<Ordering>, Mismatch> {
    if let (Ok(left), Ok(right)) = (left.as_int(), right.as_int()) {
        return Ok(Some(left.cmp(&right)));
    }
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return Ok(left.partial_cmp(&right));
    }
    match (text(left), text(right)) {
        (Some(left), Some(right)) => Ok(Some(left.cmp(&right))),
        _ => Err(Mismatch::of(left, right)),
    }
}

fn number(value: &Dynamic) -> Option<f64> {
    value.as_float().ok().or_else(|| value.as_int().ok().map(|whole| whole as f64))
}

fn text(value: &Dynamic) -> Option<String> {
    match value.as_char() {
        Ok(letter) => Some(letter.to_string()),
        Err(_) => value.as_immutable_string_ref().ok().map(|text| text.to_string()),
    }
}

/// Two values that cannot be compared: the names of their types.
struct Mismatch {
    left: &'static str,
    right: &'static str,
}

impl Mismatch {
    fn of(left: &Dynamic, right: &Dynamic) -> Self {
        Mismatch { left: left.type_name(), right: right.type_name() }
    }

    fn at(self, context: &NativeCallContext<'_>) -> Box<EvalAltResult> {
        let word = |name| type_word(context.engine().map_type_name(name));
        let (left, right) = (word(self.left), word(self.right));
        let message = if left == right {
            format!("{left} cannot be compared in this way with {right}")
        } else {
            format!("{left} is compared with {right}")
        };
        vocabulary_error(message, Some(mend(&left, &right)), context.call_position())
    }
}

fn mend(left: &str, right: &str) -> &'static str {
    let either = |word: &str| left == word || right == word;
    if either("nothing") {
        "there is no value here: give it one first, for example with `??` or a default"
    } else if either("a string") && either("a number") {
        "use parse_float(…) on the string"
    } else if either("a bool") && either("a string") {
        "a bool is true or false, without quotes"
    } else if either("a bool") && either("a number") {
        "a bool is already an answer: use it as it is, without comparing it"
    } else if either("a map") {
        "compare one of its fields: `row.code == 0`"
    } else {
        "compare numbers with numbers, and strings with strings"
    }
}
