//! `GET /v3/appendix/user_data`: who asks, how often that may be, and what it has cost, as the ledger
//! has it.
//!
//! Ours where the vendor is silent: the time zone is UTC, there is no bound of costs (zeros), and
//! where no key is needed there is no bound of requests either.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::door::per_minute;
use super::envelope::Function;
use super::functions::{FUNCTIONS, is_live};
use super::get::Get;
use super::refusal::Refusal;
use crate::app::App;
use crate::auth::Caller;
use crate::ledger::{Period, Tally};
use crate::money::Usd;

/// The function.
pub(super) struct UserData;

/// The result.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct User {
    /// The id of the key; `anonymous` where none is needed.
    login: String,
    timezone: &'static str,
    rates: Rates,
    money: Money,
    price: ByFunction<Price>,
    backlinks_subscription_expiry_date: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Rates {
    limits: Limits,
    statistics: Statistics<u64>,
}

/// Requests in a minute.
#[derive(Debug, Serialize, JsonSchema)]
struct Limits {
    #[serde(skip_serializing_if = "Option::is_none")]
    minute: Option<MinuteLimits>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct MinuteLimits {
    total: u32,
    #[serde(flatten)]
    functions: ByFunction<u32>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Money {
    /// What was paid in.
    total: Usd,
    /// That without all that was spent.
    balance: Usd,
    limits: Periods<Total>,
    statistics: Statistics<Usd>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Total {
    total: Usd,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{P}Periods")]
struct Periods<P> {
    day: P,
    minute: P,
}

/// Of this day and of this minute.
type Statistics<N> = Periods<Spread<N>>;

/// A sum and its parts.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{N}Spread")]
struct Spread<N> {
    total: N,
    total_backlinks: N,
    total_appendix: N,
    #[serde(flatten)]
    functions: ByFunction<N>,
    /// The day, or the minute.
    value: String,
}

/// Something for each function, by its name.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{N}ByFunction")]
struct ByFunction<N> {
    backlinks: BTreeMap<&'static str, OfFunction<N>>,
    appendix: BTreeMap<&'static str, OfFunction<N>>,
}

/// Functions that are asked live have a level more.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "{N}OfFunction")]
enum OfFunction<N> {
    Live { live: N },
    Plain(N),
}

#[derive(Debug, Serialize, JsonSchema)]
struct Price {
    priority_normal: Vec<Charge>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Charge {
    /// `per_request` or `per_result`.
    cost_type: &'static str,
    cost: Usd,
}

impl Get for UserData {
    const FUNCTION: &'static Function =
        &Function { api: "appendix", name: "user_data", number: 160, path: &["v3", "appendix", "user_data"] };
    type Found = User;

    fn run(app: &App, caller: &Caller) -> Result<Vec<User>, Refusal> {
        let now = app.now();
        let usage = app.ledger().usage(caller.account, now);
        let deposit = app.prices().deposit_usd;
        let text = now.to_string();
        let (day, minute) = (text.get(..10).unwrap_or_default(), text.get(..16).unwrap_or_default());
        let none = || Total { total: Usd::ZERO };
        Ok(vec![User {
            login: caller.login.as_ref().map_or("anonymous", |id| id.as_str()).to_owned(),
            timezone: "UTC",
            rates: Rates {
                limits: Limits { minute: caller.login.as_ref().map(|_| minute_limits(app)) },
                statistics: Periods {
                    day: Spread::of(&usage.day, day, |tally| tally.calls),
                    minute: Spread::of(&usage.minute, minute, |tally| tally.calls),
                },
            },
            money: Money {
                total: deposit,
                balance: deposit.minus(usage.spent),
                limits: Periods { day: none(), minute: none() },
                statistics: Periods {
                    day: Spread::of(&usage.day, day, |tally| tally.cost),
                    minute: Spread::of(&usage.minute, minute, |tally| tally.cost),
                },
            },
            price: ByFunction::of(|function| Some(price(app, function))),
            backlinks_subscription_expiry_date: None,
        }])
    }
}

fn minute_limits(app: &App) -> MinuteLimits {
    MinuteLimits { total: app.limits().rates.per_minute, functions: ByFunction::of(per_minute) }
}

fn price(app: &App, function: &Function) -> Price {
    let charge = |cost_type, cost| Charge { cost_type, cost };
    let priority_normal = if is_live(function) {
        vec![charge("per_request", app.prices().request_usd), charge("per_result", app.prices().row_usd)]
    } else {
        vec![charge("per_request", Usd::ZERO)]
    };
    Price { priority_normal }
}

impl<N: Copy> Spread<N> {
    fn of(period: &Period, value: &str, number: impl Fn(Tally) -> N) -> Self {
        let part = |api: &str| number(period.total(|name| name.split('/').next() == Some(api)));
        Self {
            total: number(period.total(|_| true)),
            total_backlinks: part("backlinks"),
            total_appendix: part("appendix"),
            functions: ByFunction::of(|function| period.functions.get(&function.name()).map(|&tally| number(tally))),
            value: value.to_owned(),
        }
    }
}

impl<N> ByFunction<N> {
    fn of(value: impl Fn(&Function) -> Option<N>) -> Self {
        let mut all = Self { backlinks: BTreeMap::new(), appendix: BTreeMap::new() };
        for function in FUNCTIONS {
            let Some(value) = value(function) else { continue };
            let value = if is_live(function) { OfFunction::Live { live: value } } else { OfFunction::Plain(value) };
            let of_api = if function.api == "appendix" { &mut all.appendix } else { &mut all.backlinks };
            of_api.insert(function.name, value);
        }
        all
    }
}
