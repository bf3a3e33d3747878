//! Named points at which a process can be made to stop, so that a test can kill it exactly there. Only in
//! builds with debug assertions; a release has none of this.
//!
//! `BACKLINKS_STOP_AT=NAME` or `NAME:N` stops the thread that passes the point `NAME` (for the `N`-th time, 1
//! at first) for ever, after a line on standard error: `stopped at NAME`. `BACKLINKS_STOP_AT=?` stops nobody,
//! and tells every point that is passed: `passed NAME`.

/// Stops here if this is the point that `BACKLINKS_STOP_AT` names.
#[cfg(debug_assertions)]
#[doc(hidden)]
#[expect(clippy::print_stderr, reason = "the test that waits for it reads standard error")]
pub fn kill_point(name: &str) {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static STOP_AT: OnceLock<Option<(String, u64)>> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let read = || {
        let text = std::env::var("BACKLINKS_STOP_AT").ok()?;
        let (name, count) = text.split_once(':').unwrap_or((&text, "1"));
        Some((name.to_owned(), count.parse().unwrap_or(1)))
    };
    let Some((wanted, count)) = STOP_AT.get_or_init(read) else { return };
    if wanted == "?" {
        eprintln!("passed {name}");
    } else if wanted == name && PASSED.fetch_add(1, Ordering::Relaxed) + 1 == *count {
        eprintln!("stopped at {name}");
        loop {
            std::thread::park();
        }
    }
}

/// Nothing: see the other one.
#[cfg(not(debug_assertions))]
#[doc(hidden)]
#[inline]
pub fn kill_point(_: &str) {}
