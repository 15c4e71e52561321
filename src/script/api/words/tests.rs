//! The table and the engine say the same, and every example does what it says.

use std::{any::TypeId, collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use rhai::{Array, Dynamic, Engine, FnPtr, ImmutableString, Map};

use super::*;
use crate::{
    config::Limits,
    plan::{Handler, Run},
    script::{
        Instance, api,
        engine::base_engine,
        instance::RunFunctions,
        testing::{Closet, source},
        values::{HostRef, HostSet, PipeValue, Sentence, When},
        vocabulary::vocabulary,
    },
};

type Registered = BTreeSet<(String, Vec<TypeId>)>;

fn registered(engine: &Engine) -> Registered {
    let functions = engine.collect_fn_metadata(
        None,
        |info| {
            let metadata = info.metadata;
            let is_word = metadata.name.starts_with(|letter: char| letter.is_ascii_alphabetic());
            let is_word = is_word && !metadata.name.starts_with("to_");
            is_word.then(|| (metadata.name.to_string(), metadata.param_types.to_vec()))
        },
        true,
    );
    functions.into_iter().collect()
}

/// Whether the engine's type can take what the table says.
fn takes(engine: TypeId, table: ParamType) -> bool {
    use ParamType as P;
    let is = |wanted: TypeId| engine == wanted;
    if is(TypeId::of::<Dynamic>()) {
        return matches!(
            table,
            P::Any | P::Number | P::Reading | P::Handler | P::When | P::Trigger
        );
    }
    match table {
        P::Text | P::Duration => is(TypeId::of::<ImmutableString>()),
        P::Whole => is(TypeId::of::<i64>()),
        P::Hosts => is(TypeId::of::<HostSet>()),
        P::Host => is(TypeId::of::<HostRef>()),
        P::Sentence => is(TypeId::of::<Sentence>()),
        P::Pipe => is(TypeId::of::<PipeValue>()),
        P::When | P::Schedule | P::Trigger => is(TypeId::of::<When>()),
        P::Function => is(TypeId::of::<FnPtr>()),
        P::Array => is(TypeId::of::<Array>()),
        P::Map => is(TypeId::of::<Map>()),
        _ => false,
    }
}

#[tokio::test]
async fn the_table_and_the_engine_have_the_same_words() {
    let limits = Limits::default();
    let plain = registered(&base_engine(&limits, Path::new("scripts")));
    let engine = vocabulary(&source(""), Closet::new().around, &limits);
    let engine: Registered = registered(&engine).difference(&plain).cloned().collect();
    let same = |name: &str, types: &[TypeId], word: &Word, form: &Form| {
        name == word.name
            && types.len() == form.params.len()
            && types.iter().zip(form.params).all(|(engine, (_, table))| takes(*engine, *table))
    };
    for (name, types) in &engine {
        let described =
            all().any(|word| word.forms.iter().any(|form| same(name, types, word, form)));
        assert!(described, "`{name}` with {} parameters is not in the table", types.len());
    }
    for word in all() {
        for form in word.forms {
            let exists = engine.iter().any(|(name, types)| same(name, types, word, form));
            assert!(exists, "{} is not registered", form.written(word.name, false));
        }
        let is_constant = api::names().get(word.name).is_some();
        assert_eq!(is_constant, word.forms.is_empty(), "{}", word.name);
    }
    let described: Vec<_> = all().map(|word| word.name).collect();
    assert!(api::names().iter().all(|name| described.contains(&name)));
}

#[tokio::test(start_paused = true)]
async fn every_example_runs() {
    let closet = Closet::new();
    closet.measure();
    let executor = closet.executor();
    for word in all() {
        closet.around.clock.sleep(Duration::from_secs(10)).await;
        closet.measure();
        let script = source(&word.example.script());
        let (timers, _kept) = tokio::sync::mpsc::unbounded_channel();
        let around = closet.around.clone();
        let loaded = Instance::load(script, around, Limits::default(), true, timers).await;
        let instance = loaded.unwrap_or_else(|error| panic!("{}", error.to_text()));
        let instance = Arc::new(instance);
        let declared = &instance.declarations;
        let nothing = declared.watches.is_empty() && declared.switches.is_empty();
        assert!(!nothing, "{} declares nothing", word.name);
        if !matches!(word.example, Example::Handler(_)) {
            continue;
        }
        let functions = RunFunctions::new(instance.clone(), None);
        let id = ("closet".into(), "example".into());
        let run = Run::new(1, id, "a test".into(), "test".into(), Arc::new(functions));
        let Handler::Function(function) = &instance.declarations.watches[0].began else {
            panic!("a handler example is wrapped in a function");
        };
        let ran = instance.fire(function, serde_json::Value::Null, &run, &executor).await;
        if let Err(error) = ran.ended.result {
            panic!("{}", error.error.to_text());
        }
    }
}

#[test]
fn every_word_is_described_in_sentences() {
    let mut names = BTreeSet::new();
    for word in all() {
        assert!(names.insert(word.name), "{} stands twice", word.name);
        assert!(word.summary.ends_with('.') && !word.summary.contains("  "), "{}", word.name);
        assert!(word.example.text().contains(word.name), "{}", word.name);
    }
}
