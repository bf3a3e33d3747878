//! Settings as the program takes them: layers, refusals, what `config` tells, what the documents say.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

use openbacklinks::settings::{SETTINGS, Setting};
use serde_json::Value;

fn run(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_backlinks"))
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .unwrap()
}

fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn config_tells_each_setting_and_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("backlinks.toml"), "data = \"index\"\n[serve]\nconnections = 9\n").unwrap();
    let arguments = ["config", "--json", "--memory", "1GiB"];
    let output = run(folder.path(), &[("BACKLINKS_LISTEN", "127.0.0.1:5"), ("BACKLINKS_LISTN", "x")], &arguments);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["file"], "backlinks.toml");
    let settings = told["settings"].as_object().unwrap();
    assert_eq!(settings.len(), SETTINGS.len());
    for (key, value, from) in [
        ("data", "index", "file backlinks.toml:1"),
        ("serve.connections", "9", "file backlinks.toml:3"),
        ("serve.listen", "127.0.0.1:5", "env BACKLINKS_LISTEN"),
        ("serve.memory", "1GiB", "flag --memory"),
        ("serve.headers", "100", "default"),
    ] {
        assert_eq!((&settings[key]["value"], &settings[key]["from"]), (&value.into(), &from.into()), "{key}");
    }
    let notes = errors(&output);
    assert!(notes.contains("settings are read from backlinks.toml"), "{notes}");
    assert!(notes.contains("BACKLINKS_LISTN is set, and is no setting; the nearest is BACKLINKS_LISTEN"), "{notes}");
    let table = run(folder.path(), &[], &["config"]);
    let table = String::from_utf8(table.stdout).unwrap();
    assert!(SETTINGS.iter().all(|setting| table.contains(setting.key)), "{table}");
}

#[test]
fn what_is_wrong_ends_every_command_with_exit_code_two() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.toml");
    std::fs::write(&file, "[serve]\n\nconections = 9\n").unwrap();
    for command in ["query x", "serve", "build", "inspect", "config", "keys list"] {
        let mut arguments = vec!["--config", "other.toml"];
        arguments.extend(command.split(' '));
        let output = run(folder.path(), &[], &arguments);
        assert_eq!(output.status.code(), Some(2), "{command}");
        let message = "error: other.toml:3: `serve.conections` is no setting; the nearest is `serve.connections`";
        assert!(errors(&output).starts_with(message), "{}", errors(&output));
        assert!(output.stdout.is_empty());
    }
    let output = run(folder.path(), &[("BACKLINKS_LOG", "loud")], &["config"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).starts_with("error: BACKLINKS_LOG: not one of off, "), "{}", errors(&output));
    let output = run(folder.path(), &[("BACKLINKS_CONFIG", "missing.toml")], &["config"]);
    assert_eq!(output.status.code(), Some(3), "a file that is named must be there");
    let output = run(folder.path(), &[], &["inspect"]);
    assert_eq!(output.status.code(), Some(2), "no index is named");
    assert!(errors(&output).contains("BACKLINKS_DATA"), "{}", errors(&output));
}

#[test]
fn the_folder_of_the_index_may_come_from_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let named = |variables: &[(&str, &str)], arguments: &[&str]| errors(&run(folder.path(), variables, arguments));
    assert!(named(&[], &["inspect", "--data", "one"]).contains("one"));
    assert!(named(&[("BACKLINKS_DATA", "two")], &["inspect"]).contains("two"));
    std::fs::write(folder.path().join("backlinks.toml"), "data = 'three'").unwrap();
    assert!(named(&[], &["inspect"]).contains("three"));
}

/// A row of the table of settings in the documents.
fn documented(setting: &Setting) -> String {
    let default = setting.default.as_str();
    let default = if default.contains([' ', '`']) { default.to_owned() } else { format!("`{default}`") };
    let mut row = format!("| `{}` | `{}` | ", setting.key, setting.variable);
    match setting.flag {
        Some((flag, _)) => write!(row, "`{flag}`").unwrap(),
        None => row.push('–'),
    }
    write!(row, " | {default} | {} |", setting.meaning).unwrap();
    row
}

#[test]
fn every_setting_is_in_the_documents_as_the_program_has_it() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
    let text = std::fs::read_to_string(path).unwrap();
    let expected: Vec<String> = SETTINGS.iter().map(documented).collect();
    let found: Vec<&str> = text.lines().filter(|line| line.contains("| `BACKLINKS_")).collect();
    assert_eq!(found, expected, "the table should be:\n{}", expected.join("\n"));
}

#[test]
fn the_example_of_a_file_in_the_documents_is_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
    let text = std::fs::read_to_string(path).unwrap();
    let example = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("backlinks.toml"), example).unwrap();
    let output = run(folder.path(), &[], &["config"]);
    assert!(output.status.success(), "{}", errors(&output));
}
