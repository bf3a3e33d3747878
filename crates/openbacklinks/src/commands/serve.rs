//! `backlinks serve`

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use query::Index;
use server::keys::KeyStore;
use server::{Access, App, TokenSecret};
use tokio::net::TcpListener;

use crate::served::Served;
use crate::settings::{ServeSettings, Settings};
use crate::terminal::{Advised, ExitStatus};

/// How often the server looks for a new snapshot.
const REFRESH_EVERY: Duration = Duration::from_secs(2);

pub(super) fn run(settings: &Settings) -> anyhow::Result<ExitStatus> {
    let data = settings.data()?;
    let index = Arc::new(Index::open(data, settings.serve.memory_bytes)?);
    let access = access(data, &settings.serve)?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let listener = listen(settings.serve.listen).await?;
        let address = listener.local_addr().context("cannot read the address")?;
        let id = index.snapshot().id();
        tracing::info!(
            snapshot.id = %id,
            server.address = %address,
            "serving snapshot {id} on http://{address}"
        );
        serve(listener, index, access, settings).await
    })
}

/// Who may ask: keys, or everyone on this machine.
fn access(data: &Path, settings: &ServeSettings) -> anyhow::Result<Access> {
    let is_loopback = settings.listen.ip().is_loopback();
    if settings.no_auth {
        if is_loopback {
            return Ok(Access::Open);
        }
        let message = format!("no-auth is for loopback addresses, not for {}", settings.listen);
        let hint = "listen on 127.0.0.1, or make a key with `backlinks keys create`";
        return Err(Advised { status: ExitStatus::Usage, message, hint }.into());
    }
    let keys = KeyStore::open(data)?;
    let has_key = keys.has_valid_key()?;
    if !has_key && !is_loopback {
        let message = format!("there is no key yet, and {} can be reached by others", settings.listen);
        let hint = "make a key with `backlinks keys create`";
        return Err(Advised { status: ExitStatus::Usage, message, hint }.into());
    }
    if !has_key {
        tracing::warn!("there is no key yet: make one with `backlinks keys create`, it is seen at once");
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
pub(super) async fn serve(
    listener: TcpListener,
    index: Arc<Index>,
    access: Access,
    settings: &Settings,
) -> anyhow::Result<ExitStatus> {
    let refreshed = Arc::clone(&index);
    let refresh = tokio::spawn(async move {
        loop {
            tokio::time::sleep(REFRESH_EVERY).await;
            let index = Arc::clone(&refreshed);
            match tokio::task::spawn_blocking(move || index.refresh()).await {
                Ok(Ok(Some(id))) => tracing::info!(snapshot.id = %id, "serving snapshot {id}"),
                Ok(Err(error)) => tracing::error!(error = &error as &dyn Error, "cannot open the newest snapshot"),
                _ => {}
            }
        }
    });
    let app = app(index, access, settings)?;
    let outcome = server::serve(listener, app, settings.serve.options.clone(), stop_signal()).await;
    refresh.abort();
    outcome.context("cannot serve")?;
    Ok(ExitStatus::Success)
}

/// Everything that the settings and the folder of the index say about answers goes into the app here.
fn app(index: Arc<Index>, access: Access, settings: &Settings) -> anyhow::Result<App> {
    let secret = TokenSecret::open(index.root())?;
    // WIRE: `settings.prices` (request_usd, row_usd, deposit_usd as `Dollars`) with `App::with_prices`, and the
    // ledger of `index.root()/usage` with `App::with_ledger`, once `server` has them.
    let served = Arc::new(Served::new(index));
    Ok(App::new(served, access, super::now, settings.serve.limits.clone()).with_token_secret(secret))
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
