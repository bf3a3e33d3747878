//! Which layer holds, what is refused, and that the table says what is so.

use std::collections::HashMap;

use super::*;

fn resolve(flags: &[(&'static str, &str)], variables: &[(&str, &str)], file: Option<&str>) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    if let Some(text) = file {
        std::fs::write(folder.path().join(CONFIG_FILE), text).unwrap();
    }
    let variables: HashMap<String, OsString> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
    let flags = flags.iter().map(|(key, value)| Flag { key, value: value.into() }).collect();
    let given = Given { config: None, flags, usual_level: LevelFilter::WARN };
    Settings::resolve(given, &|name| variables.get(name).cloned(), folder.path())
        .map_err(|error| error.to_string().replace(&format!("{}/", folder.path().display()), ""))
}

fn origin(settings: &Settings, key: &str) -> Origin {
    let shown = settings.shown.iter().find(|(setting, _)| setting.key == key);
    shown.and_then(|(_, found)| found.as_ref()).map(|found| found.origin.clone()).unwrap()
}

#[test]
fn flags_hold_over_environment_over_file_over_defaults() {
    let file = "[serve]\nlisten = '127.0.0.1:3'";
    let (flag, variable) = (("serve.listen", "127.0.0.1:1"), ("BACKLINKS_LISTEN", "127.0.0.1:2"));
    let port = |settings: &Settings| settings.serve.listen.port();

    let settings = resolve(&[flag], &[variable], Some(file)).unwrap();
    assert_eq!((port(&settings), origin(&settings, "serve.listen")), (1, Origin::Flag("--listen")));
    let settings = resolve(&[], &[variable], Some(file)).unwrap();
    assert_eq!((port(&settings), origin(&settings, "serve.listen")), (2, Origin::Environment("BACKLINKS_LISTEN")));
    let settings = resolve(&[], &[], Some(file)).unwrap();
    assert_eq!(port(&settings), 3);
    assert!(matches!(origin(&settings, "serve.listen"), Origin::File { line: 2, .. }));
    let settings = resolve(&[], &[("BACKLINKS_LISTEN", "")], None).unwrap();
    assert_eq!((port(&settings), origin(&settings, "serve.listen")), (8080, Origin::Default), "empty is not set");
}

#[test]
fn every_setting_reaches_its_place_from_every_layer() {
    let sample = |setting: &Setting| match setting.key {
        "data" => "elsewhere",
        "log.level" => "error",
        "log.format" => "json",
        "serve.listen" => "127.0.0.1:1",
        "serve.no_auth" => "true",
        key if key.ends_with("memory") => "65MiB",
        key if key.ends_with("_bytes") => "9KiB",
        _ => "7",
    };
    let usual = format!("{:?}", without_shown(resolve(&[], &[], None).unwrap()));
    for setting in SETTINGS {
        let value = sample(setting);
        let file = match setting.key.split_once('.') {
            Some((section, key)) => format!("[{section}]\n{key} = \"{value}\""),
            None => format!("{} = \"{value}\"", setting.key),
        };
        let mut all =
            vec![resolve(&[], &[(setting.variable, value)], None).unwrap(), resolve(&[], &[], Some(&file)).unwrap()];
        if setting.flag.is_some() {
            all.push(resolve(&[(setting.key, value)], &[], None).unwrap());
        }
        for settings in all {
            assert_ne!(origin(&settings, setting.key), Origin::Default, "{}", setting.key);
            assert_ne!(format!("{:?}", without_shown(settings)), usual, "{} reaches nothing", setting.key);
        }
    }
}

fn without_shown(settings: Settings) -> Settings {
    Settings { shown: Vec::new(), file: None, ..settings }
}

#[test]
fn defaults_are_those_of_the_server() {
    let settings = resolve(&[], &[], None).unwrap();
    assert_eq!(settings.serve.options, ServerOptions::default());
    assert_eq!(settings.serve.limits, RequestLimits::default());
    assert_eq!(settings.prices, PriceSettings::default());
    assert_eq!(settings.log, LogSettings { level: LevelFilter::WARN, format: LogFormat::Text });
    assert!(settings.data.is_none() && settings.data().is_err());
}

#[test]
fn a_fault_names_the_place_and_the_reason_but_not_the_value() {
    let fault =
        |flags: &[(&'static str, &str)], variables: &[(&str, &str)], file| resolve(flags, variables, file).unwrap_err();
    let address = "not an address with a port, such as 127.0.0.1:8080 or [::1]:8080";
    assert_eq!(fault(&[("serve.listen", "hunter2")], &[], None), format!("--listen: {address}"));
    assert_eq!(fault(&[], &[("BACKLINKS_LISTEN", "hunter2")], None), format!("BACKLINKS_LISTEN: {address}"));
    let file = "\n[serve]\n\nlisten = 'hunter2'";
    assert_eq!(fault(&[], &[], Some(file)), format!("backlinks.toml:4: serve.listen: {address}"));
    assert_eq!(
        fault(&[], &[], Some("[serve]\nconnections = 0")),
        "backlinks.toml:2: serve.connections: not a whole number from 1 to 1000000"
    );
    assert_eq!(
        fault(&[], &[("BACKLINKS_ROW_USD", "-1")], None),
        "BACKLINKS_ROW_USD: not a decimal number of dollars, such as 0.02"
    );
    assert_eq!(fault(&[], &[("BACKLINKS_MEMORY", "63MiB")], None), "BACKLINKS_MEMORY: less than 64 MiB");
}

#[test]
fn a_path_in_the_file_is_relative_to_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("some.toml");
    std::fs::write(&path, "data = 'index'").unwrap();
    let given = Given { config: Some(path.clone()), flags: Vec::new(), usual_level: LevelFilter::WARN };
    let settings = Settings::resolve(given, &|_| None, Path::new("nowhere")).unwrap();
    assert_eq!(settings.data().unwrap(), folder.path().join("index"));
    assert_eq!(settings.file, Some(path.clone()));

    let given = Given { config: None, flags: Vec::new(), usual_level: LevelFilter::WARN };
    let variable = |name: &str| (name == CONFIG_VARIABLE).then(|| path.clone().into_os_string());
    assert_eq!(Settings::resolve(given, &variable, Path::new("nowhere")).unwrap().file, Some(path.clone()));
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let given =
        Given { config: Some(PathBuf::from("no/such.toml")), flags: Vec::new(), usual_level: LevelFilter::WARN };
    let error = Settings::resolve(given, &|_| None, Path::new("")).unwrap_err();
    assert_eq!(Advised::from(error).status, ExitStatus::NotFound);
}

#[test]
fn no_setting_is_a_secret() {
    // `backlinks config` prints every value. What must stay hidden belongs into a file of the index.
    for setting in SETTINGS {
        for word in ["secret", "password", "token", "credential", "key"] {
            assert!(!setting.key.contains(word), "{} looks like a secret", setting.key);
        }
    }
}

#[test]
fn keys_and_variables_are_named_alike() {
    for setting in SETTINGS {
        let name = setting.variable.strip_prefix(VARIABLE_PREFIX).unwrap().to_lowercase();
        let (section, key) = setting.key.split_once('.').unwrap_or(("", setting.key));
        assert!(
            name == key || name == format!("{section}_{key}") || (name, setting.key) == ("log".to_owned(), "log.level")
        );
    }
}
