//! `backlinks serve`

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use model::Timestamp;
use query::{BacklinksAnswer, BacklinksQuestion, Index, QueryError};
use server::keys::KeyStore;
use server::{Access, AnswerError, App, Backlinks, IndexTotals, Ledger, LedgerError, RequestLimits, ServerOptions};
use store::StoreError;
use tokio::net::TcpListener;

use crate::args::Serve;
use crate::terminal::{Advised, ExitStatus, note};

/// How often the server looks for a new snapshot.
const REFRESH_EVERY: Duration = Duration::from_secs(2);

pub(super) fn run(arguments: &Serve) -> anyhow::Result<ExitStatus> {
    let index = Arc::new(Index::open(&arguments.data.data, arguments.memory.0)?);
    let access = access(arguments)?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let listener = listen(arguments.listen).await?;
        let address = listener.local_addr().context("cannot read the address")?;
        note(format_args!("serving snapshot {} on http://{address}", index.snapshot().id()));
        serve(listener, index, access).await
    })
}

/// Who may ask: keys, or everyone on this machine.
fn access(arguments: &Serve) -> anyhow::Result<Access> {
    let is_loopback = arguments.listen.ip().is_loopback();
    if arguments.no_auth {
        if is_loopback {
            return Ok(Access::Open);
        }
        let message = format!("--no-auth is for loopback addresses, not for {}", arguments.listen);
        let hint = "listen on 127.0.0.1, or make a key with `backlinks keys create`";
        return Err(Advised { status: ExitStatus::Usage, message, hint }.into());
    }
    let keys = KeyStore::open(&arguments.data.data)?;
    let has_key = keys.has_valid_key()?;
    if !has_key && !is_loopback {
        let message = format!("there is no key yet, and {} can be reached by others", arguments.listen);
        let hint = "make a key with `backlinks keys create`";
        return Err(Advised { status: ExitStatus::Usage, message, hint }.into());
    }
    if !has_key {
        note("there is no key yet: make one with `backlinks keys create`, it is seen at once");
    }
    Ok(Access::Keys(Arc::new(keys)))
}

pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")
}

pub(super) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// Serves until SIGTERM or SIGINT, then drains.
pub(super) async fn serve(listener: TcpListener, index: Arc<Index>, access: Access) -> anyhow::Result<ExitStatus> {
    let refreshed = Arc::clone(&index);
    let refresh = tokio::spawn(async move {
        loop {
            tokio::time::sleep(REFRESH_EVERY).await;
            let index = Arc::clone(&refreshed);
            match tokio::task::spawn_blocking(move || index.refresh()).await {
                Ok(Ok(Some(id))) => note(format_args!("serving snapshot {id}")),
                Ok(Err(error)) => note(format_args!("cannot open the newest snapshot: {error}")),
                _ => {}
            }
        }
    });
    let ledger = ledger(&index)?;
    let served = Arc::new(Served(index));
    let app = App::new(served, access, super::now, RequestLimits::default()).with_ledger(ledger.clone());
    let outcome = server::serve(listener, app, ServerOptions::default(), stop_signal()).await;
    refresh.abort();
    ledger.close();
    outcome.context("cannot serve")?;
    Ok(ExitStatus::Success)
}

/// What was answered is kept beside the index. Of several servers of an index one keeps it.
fn ledger(index: &Index) -> Result<Ledger, LedgerError> {
    match Ledger::open(&index.root().join("usage"), super::now()) {
        Err(error @ LedgerError::Locked { .. }) => {
            note(format_args!("{error}: what this one answers is forgotten at its end"));
            Ok(Ledger::in_memory())
        }
        opened => opened,
    }
}

async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        // Without handlers the system ends the process, as it does any other.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// The index as the server wants it.
#[derive(Debug)]
pub(super) struct Served(pub(super) Arc<Index>);

impl Backlinks for Served {
    fn backlinks(&self, question: &BacklinksQuestion) -> Result<BacklinksAnswer, AnswerError> {
        self.0.backlinks(question).map_err(|error| match error {
            QueryError::Store(StoreError::Corrupt { path, block, .. }) => {
                let file = path.strip_prefix(self.0.root()).map(Path::to_owned).unwrap_or(path);
                AnswerError::Corrupt { file, block }
            }
            other => AnswerError::Failed { source: Box::new(other) },
        })
    }

    fn totals(&self) -> Result<Option<IndexTotals>, AnswerError> {
        let totals = self.0.snapshot().manifest().totals;
        let backlinks = totals.links + totals.indirect_links;
        Ok(Some(IndexTotals { backlinks, pages: totals.pages, domains: totals.domains }))
    }

    fn published(&self) -> Timestamp {
        Timestamp::from_seconds(self.0.snapshot().manifest().created_at)
    }

    fn snapshot(&self) -> Option<u64> {
        Some(self.0.snapshot().id().0.into())
    }
}
