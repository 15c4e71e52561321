//! What people type, and what they read when they ask for help.

use clap::{CommandFactory, error::ErrorKind};

use super::*;

fn verb(line: &str) -> Verb {
    Cli::read(line.split_whitespace()).unwrap_or_else(|error| panic!("{error}")).verb()
}

fn refused(line: &str) -> clap::Error {
    Cli::read(line.split_whitespace()).expect_err("should be refused")
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn without_a_verb_the_agent_runs() {
    assert_eq!(verb("watchpost"), verb("watchpost run"));
    assert_eq!(verb("watchpost --dry-run"), verb("watchpost run --dry-run"));
    assert_eq!(verb("watchpost --simulated --config x.toml"), verb("watchpost run --simulated"));
}

#[test]
fn a_flag_of_run_is_not_lost_before_another_verb() {
    let error = refused("watchpost --dry-run fire closet-heat");
    assert_eq!(error.kind(), ErrorKind::ArgumentConflict);
    assert_eq!(error.exit_code(), 2);
}

#[test]
fn the_site_file_may_be_named_before_and_after_the_verb() {
    for line in [
        "watchpost --config x.toml hosts add a",
        "watchpost hosts --config x.toml add a",
        "watchpost hosts add a --config x.toml",
    ] {
        let cli = Cli::read(line.split_whitespace()).expect("understood");
        assert_eq!(cli.config.as_deref(), Some(std::path::Path::new("x.toml")));
        assert!(matches!(cli.verb(), Verb::Hosts(hosts::HostsArgs { command: Some(_), .. })));
    }
}

#[test]
fn an_expression_may_begin_with_a_minus() {
    let Verb::Eval(args) = verb("watchpost eval -1") else { panic!("not eval") };
    assert_eq!(args.expression.as_deref(), Some("-1"));
}

#[test]
fn wrong_usage_exits_with_two() {
    for line in ["watchpost dance", "watchpost fire", "watchpost rehearse --days 0"] {
        assert_eq!(refused(line).exit_code(), 2, "{line}");
    }
    assert_eq!(refused("watchpost --help").exit_code(), 0);
}

#[test]
fn every_verb_explains_itself_with_an_example_and_its_exit_codes() {
    for verb in Cli::command().get_subcommands() {
        let about = verb.get_about().expect("a sentence").to_string();
        let after = verb.get_after_help().expect("examples").to_string();
        assert!(about.len() > 20 && !about.ends_with('.'), "{about}");
        assert!(after.contains(&format!("watchpost {}", verb.get_name())), "{after}");
        assert!(after.contains("Exit codes: 0 fine"), "{after}");
    }
}

#[test]
fn help_reads_well() {
    insta::assert_snapshot!(Cli::command().term_width(100).render_long_help());
}

#[test]
fn completions_know_the_verbs() {
    let mut script = Vec::new();
    let args = completions::CompletionsArgs { shell: clap_complete::Shell::Bash };
    completions::completions(&args, &mut script);
    assert!(String::from_utf8(script).expect("text").contains("rehearse"));
}
