//! What each account has used: its whole cost, and its calls of this day and of this minute.
//!
//! There is a line for each account and function, so their number is bounded by the number of keys.

use std::collections::{BTreeMap, HashMap};

use model::Timestamp;

use super::record::{EntryKind, Fixed};
use super::segment::Day;
use crate::money::Usd;

/// The sums of all accounts.
#[derive(Debug, Default)]
pub(super) struct Sums(HashMap<u16, Account>);

#[derive(Debug, Default)]
struct Account {
    spent: Usd,
    day: Period,
    minute: Period,
}

/// Calls and costs within a day or a minute.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Period {
    /// Days or minutes since 1970.
    number: i64,
    /// By the name of the function.
    pub(crate) functions: BTreeMap<String, Tally>,
}

/// Calls of a function and what they cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) cost: Usd,
}

/// What one account has used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) spent: Usd,
    pub(crate) day: Period,
    pub(crate) minute: Period,
}

impl Sums {
    /// Begins with what accounts have spent before the entries that will be added.
    pub(super) fn of_spent(spent: &BTreeMap<u16, Usd>) -> Self {
        let account = |(&number, &spent): (&u16, &Usd)| (number, Account { spent, ..Account::default() });
        Self(spent.iter().map(account).collect())
    }

    pub(super) fn add(&mut self, entry: &Fixed, function: &str) {
        let account = self.0.entry(entry.account).or_default();
        account.spent = account.spent.plus(entry.cost);
        let calls = u64::from(entry.kind != EntryKind::FurtherTask);
        let (day, minute) = (Day::of(entry.done).0, minute_of(entry.done));
        for (period, number) in [(&mut account.day, day), (&mut account.minute, minute)] {
            if period.number < number {
                *period = Period { number, functions: BTreeMap::new() };
            }
            if !period.functions.contains_key(function) {
                period.functions.insert(function.to_owned(), Tally::default());
            }
            if let Some(tally) = period.functions.get_mut(function) {
                tally.calls += calls;
                tally.cost = tally.cost.plus(entry.cost);
            }
        }
    }

    /// Of periods that are over nothing is left.
    pub(super) fn usage(&self, account: u16, now: Timestamp) -> Usage {
        let Some(account) = self.0.get(&account) else { return Usage::default() };
        let current = |period: &Period, number| {
            if period.number < number { Period { number, functions: BTreeMap::new() } } else { period.clone() }
        };
        Usage {
            spent: account.spent,
            day: current(&account.day, Day::of(now).0),
            minute: current(&account.minute, minute_of(now)),
        }
    }
}

impl Period {
    /// The functions with such names together.
    pub(crate) fn total(&self, is_wanted: impl Fn(&str) -> bool) -> Tally {
        let all = self.functions.iter().filter(|(name, _)| is_wanted(name)).map(|(_, tally)| tally);
        Tally { calls: all.clone().map(|tally| tally.calls).sum(), cost: all.map(|tally| tally.cost).sum() }
    }
}

fn minute_of(at: Timestamp) -> i64 {
    at.seconds().div_euclid(60)
}
