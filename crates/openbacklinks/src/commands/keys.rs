//! `backlinks keys`

use std::path::Path;

use serde_json::json;
use server::keys::{KeyError, KeyId, KeyStore};
use store::DataDir;

use crate::args::Keys;
use crate::settings::Settings;
use crate::terminal::{Advised, ExitStatus, print};

pub(super) fn run(command: &Keys, settings: &Settings) -> anyhow::Result<ExitStatus> {
    let data = settings.data()?;
    match command {
        Keys::Create { name, output, .. } => create(data, name, output.json),
        Keys::List { output, .. } => list(data, output.json),
        Keys::Revoke { id, output, .. } => revoke(data, id, output.json),
    }
}

fn open(data: &Path) -> anyhow::Result<KeyStore> {
    // Keys belong to an index: a folder that is none gets no key file.
    DataDir::open(data)?;
    Ok(KeyStore::open(data)?)
}

fn create(data: &Path, name: &str, as_json: bool) -> anyhow::Result<ExitStatus> {
    let key = open(data)?.create(name, super::now())?;
    if as_json {
        print(json!({ "id": key.id().as_str(), "name": name, "key": key.expose() }))?;
    } else {
        print(format_args!("key {} for {name}; it is not shown again:", key.id().as_str()))?;
        print(key.expose())?;
        print(format_args!("use it as `Authorization: Bearer KEY`, or as `-u {}:KEY`", key.id().as_str()))?;
    }
    Ok(ExitStatus::Success)
}

fn list(data: &Path, as_json: bool) -> anyhow::Result<ExitStatus> {
    let keys = open(data)?.list()?;
    if as_json {
        let keys: Vec<_> = keys
            .iter()
            .map(|key| {
                json!({
                    "id": key.id.as_str(),
                    "name": key.name,
                    "created": key.created.to_string(),
                    "revoked": key.revoked.map(|at| at.to_string()),
                })
            })
            .collect();
        print(json!({ "keys": keys }))?;
        return Ok(ExitStatus::Success);
    }
    for key in keys {
        let state = key.revoked.map_or_else(|| "valid".to_owned(), |at| format!("revoked {at}"));
        print(format_args!("{}  created {}  {state}  {}", key.id.as_str(), key.created, key.name))?;
    }
    Ok(ExitStatus::Success)
}

fn revoke(data: &Path, id: &str, as_json: bool) -> anyhow::Result<ExitStatus> {
    let unknown = |message: String| Advised {
        status: ExitStatus::NotFound,
        message,
        hint: "`backlinks keys list` shows the ids",
    };
    let keys = open(data)?;
    let id = KeyId::parse(id).map_err(|error| unknown(format!("`{id}` is no key id: {error}")))?;
    match keys.revoke(&id, super::now()) {
        Err(error @ KeyError::Unknown(_)) => return Err(unknown(error.to_string()).into()),
        other => other?,
    }
    if as_json {
        print(json!({ "id": id.as_str(), "revoked": true }))?;
    } else {
        print(format_args!("key {} is void", id.as_str()))?;
    }
    Ok(ExitStatus::Success)
}
