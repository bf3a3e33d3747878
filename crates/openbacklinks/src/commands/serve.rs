//! `backlinks serve`

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use query::Index;
use server::keys::KeyStore;
use server::{Access, App, Ledger, LedgerError, Prices, TokenSecret, Usd};
use tokio::net::TcpListener;

use crate::served::Served;
use crate::settings::{Dollars, ServeSettings, Settings};
use crate::terminal::{Advised, ExitStatus};

/// How often the server looks for a new snapshot.
const REFRESH_EVERY: Duration = Duration::from_secs(2);

pub(super) fn run(settings: &Settings) -> anyhow::Result<ExitStatus> {
    let data = settings.data()?;
    let index = Arc::new(Index::open(data, settings.serve.memory_bytes)?);
    let access = access(data, &settings.serve)?;
    let runtime = runtime()?;
    runtime.block_on(async {
        let stop = stop_signal();
        let listener = listen(settings.serve.listen).await?;
        let address = listener.local_addr().context("cannot read the address")?;
        let id = index.snapshot().id();
        tracing::info!(
            snapshot.id = %id,
            server.address = %address,
            "serving snapshot {id} on http://{address}"
        );
        serve(listener, index, access, settings, stop).await
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

/// Serves until `stop` is ready, then drains.
pub(super) async fn serve(
    listener: TcpListener,
    index: Arc<Index>,
    access: Access,
    settings: &Settings,
    stop: impl Future<Output = ()>,
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
    let ledger = ledger(&index)?;
    let app = app(index, access, settings)?.with_ledger(ledger.clone());
    let outcome = server::serve(listener, app, settings.serve.options.clone(), stop).await;
    refresh.abort();
    ledger.close();
    outcome.context("cannot serve")?;
    Ok(ExitStatus::Success)
}

/// Everything that the settings and the folder of the index say about answers goes into the app here.
fn app(index: Arc<Index>, access: Access, settings: &Settings) -> anyhow::Result<App> {
    let secret = TokenSecret::open(index.root())?;
    let usd = |dollars: Dollars| Usd::from_nanos(dollars.as_nanos());
    let prices = Prices {
        request_usd: usd(settings.prices.request_usd),
        row_usd: usd(settings.prices.row_usd),
        deposit_usd: usd(settings.prices.deposit_usd),
    };
    let served = Arc::new(Served::new(index));
    let app = App::new(served, access, super::now, settings.serve.limits.clone());
    Ok(app.with_token_secret(secret).with_prices(prices))
}

/// What was answered is kept beside the index. Of several servers of an index one keeps it.
fn ledger(index: &Index) -> Result<Ledger, LedgerError> {
    match Ledger::open(&index.root().join("usage"), super::now()) {
        Err(error @ LedgerError::Locked { .. }) => {
            tracing::warn!(error = %error, "what this server answers is forgotten at its end");
            Ok(Ledger::in_memory())
        }
        opened => opened,
    }
}

/// Ready at SIGTERM or SIGINT. From the call on these no longer end the process at once, so it comes
/// before anybody is told that the server runs. Must be called on a runtime.
pub(super) fn stop_signal() -> impl Future<Output = ()> + Send + 'static {
    use tokio::signal::unix::{SignalKind, signal};
    let signals =
        signal(SignalKind::terminate()).and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
    async move {
        let Ok((mut terminate, mut interrupt)) = signals else {
            // Without handlers the system ends the process, as it does any other.
            return std::future::pending().await;
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }
}
