//! What the routes stand on: an index, who may ask, the time, and the bounds of one request.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::Timestamp;
use query::{BacklinksAnswer, BacklinksQuestion, Bounds};

use crate::keys::KeyStore;
use crate::ledger::Ledger;
use crate::limits::RequestLimits;
use crate::metrics::Metrics;
use crate::money::Prices;
use crate::pool::Pool;
use crate::rates::Rates;
use crate::secret::TokenSecret;

/// Reads the time. The server never reads the clock by itself.
pub type Clock = fn() -> Timestamp;

/// An index that can be asked. Its functions block and are called on threads that may be blocked.
pub trait Backlinks: Send + Sync + 'static {
    /// The backlinks that the question selects, found within bounds.
    fn backlinks(&self, question: &BacklinksQuestion, bounds: &Bounds) -> Result<BacklinksAnswer, AnswerError>;

    /// How much there is in the snapshot that is served; `None` if that is not known.
    fn totals(&self) -> Result<Option<IndexTotals>, AnswerError> {
        Ok(None)
    }

    /// When the snapshot that is served was published; its date is in `version` of every answer.
    fn published(&self) -> Timestamp;

    /// The number of that snapshot; `None` if it has none.
    fn snapshot(&self) -> Option<u64> {
        None
    }
}

/// How much there is in a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexTotals {
    /// Stored links.
    pub backlinks: u64,
    /// Pages.
    pub pages: u64,
    /// Domains.
    pub domains: u64,
}

/// Why an index gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// A stored file does not hold what its manifest says.
    #[error("block {block} of `{}` fails its checksum", file.display())]
    Corrupt {
        /// The file, relative to the data directory.
        file: PathBuf,
        /// Which part of the file: a number, `root`, `footer` …
        block: String,
    },
    /// The question goes on behind a row that cannot be found.
    #[error("the token {reason}")]
    Position {
        /// Why, as it follows the name of the field.
        reason: &'static str,
    },
    /// No snapshot that is kept is the one that the question names.
    #[error("as_of {reason}")]
    AsOf {
        /// Why, as it follows the name of the field.
        reason: String,
    },
    /// More links would have to be scanned than the bounds allow.
    #[error("the target has more links than may be scanned")]
    TooManyRows,
    /// More memory would be needed than the bounds allow.
    #[error("the question needs more than {} MiB of memory", memory_bytes >> 20)]
    TooLarge {
        /// The bound.
        memory_bytes: u64,
    },
    /// Nobody waits for the answer any more.
    #[error("the question was called off")]
    CalledOff,
    /// Anything else that the index reports.
    #[error("the index could not answer")]
    Failed {
        /// What it reports.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

/// Who may ask.
#[derive(Debug, Clone)]
pub enum Access {
    /// Who shows a key of this store.
    Keys(Arc<KeyStore>),
    /// Everyone who can reach the address; credentials are ignored. For loopback addresses only:
    /// the caller checks that. Requests whose `Host` is a foreign name are refused, so that a web
    /// page cannot reach the server through a name that it points at the loopback address.
    Open,
}

/// Everything a request needs. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

#[derive(Clone)]
struct Parts {
    index: Arc<dyn Backlinks>,
    access: Access,
    clock: Clock,
    limits: RequestLimits,
    pool: Pool,
    rates: Rates,
    token_secret: TokenSecret,
    prices: Prices,
    ledger: Ledger,
    metrics: Metrics,
    is_draining: Arc<AtomicBool>,
}

impl App {
    /// Puts the parts together. Nothing costs anything, and what was answered and the tokens that were
    /// given out are known until the process ends.
    ///
    /// Panics where the system has no randomness: there no key can be made or checked either.
    pub fn new(index: Arc<dyn Backlinks>, access: Access, clock: Clock, limits: RequestLimits) -> Self {
        let pool = Pool::new(&limits);
        Self(Arc::new(Parts {
            index,
            access,
            clock,
            limits,
            pool,
            rates: Rates::default(),
            token_secret: TokenSecret::random().expect("the system gives random bytes"),
            prices: Prices::default(),
            ledger: Ledger::in_memory(),
            metrics: Metrics::default(),
            is_draining: Arc::default(),
        }))
    }

    /// With the secret of a data directory, so that tokens outlive the process.
    #[must_use]
    pub fn with_token_secret(mut self, secret: TokenSecret) -> Self {
        Arc::make_mut(&mut self.0).token_secret = secret;
        self
    }

    /// With these prices.
    #[must_use]
    pub fn with_prices(mut self, prices: Prices) -> Self {
        Arc::make_mut(&mut self.0).prices = prices;
        self
    }

    /// With a ledger that outlives the process. Who opened it closes it.
    #[must_use]
    pub fn with_ledger(mut self, ledger: Ledger) -> Self {
        Arc::make_mut(&mut self.0).ledger = ledger;
        self
    }

    pub(crate) fn token_secret(&self) -> &TokenSecret {
        &self.0.token_secret
    }

    /// From now on the server tells load balancers that it is about to end.
    pub(crate) fn drain(&self) {
        self.0.is_draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.0.is_draining.load(Ordering::Relaxed)
    }

    pub(crate) fn prices(&self) -> &Prices {
        &self.0.prices
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub(crate) fn index(&self) -> &dyn Backlinks {
        &*self.0.index
    }

    pub(crate) fn access(&self) -> &Access {
        &self.0.access
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.0.clock)()
    }

    pub(crate) fn limits(&self) -> &RequestLimits {
        &self.0.limits
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.0.pool
    }

    pub(crate) fn rates(&self) -> &Rates {
        &self.0.rates
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("access", &self.0.access).field("limits", &self.0.limits).finish_non_exhaustive()
    }
}
