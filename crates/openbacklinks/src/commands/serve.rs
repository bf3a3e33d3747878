//! `backlinks serve`

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use query::Index;
use server::keys::KeyStore;
use server::{Access, App, RequestLimits, ServerOptions, TokenSecret};
use tokio::net::TcpListener;

use crate::args::Serve;
use crate::served::Served;
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
    let secret = TokenSecret::open(index.root())?;
    let app =
        App::new(Arc::new(Served::new(index)), access, super::now, RequestLimits::default()).with_token_secret(secret);
    let outcome = server::serve(listener, app, ServerOptions::default(), stop_signal()).await;
    refresh.abort();
    outcome.context("cannot serve")?;
    Ok(ExitStatus::Success)
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
