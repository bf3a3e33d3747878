//! What the functions that return rows have in common: they are asked with POST, cost something, and
//! ask the index.

use std::marker::PhantomData;

use serde::Serialize;

use super::envelope::Function;
use super::post::{Answered, Post};
use super::posted::Posted;
use super::refusal::Refusal;
use super::skin::Form;
use crate::app::App;
use crate::auth::Caller;

/// A live function of the API.
pub(super) trait Live: 'static {
    /// Its names and number.
    const FUNCTION: &'static Function;
    /// Its result, which is written straight to bytes.
    type Found: Serialize;

    /// Runs a task. Some defaults depend on the form. Blocks.
    fn run(app: &App, posted: &Posted<'_>, form: Form) -> Result<Answered<Self::Found>, Refusal>;

    /// The items of a result, which are all of it that the reduced form has.
    fn items(found: &Self::Found) -> impl Iterator<Item: Serialize>;
}

/// A live function as one that is posted to.
pub(super) struct Posting<L>(PhantomData<L>);

impl<L: Live> Post for Posting<L> {
    const FUNCTION: &'static Function = L::FUNCTION;
    const HAS_PRICE: bool = true;
    type Found = L::Found;

    fn run(app: &App, _: &Caller, posted: &Posted<'_>, form: Form) -> Result<Answered<L::Found>, Refusal> {
        L::run(app, posted, form)
    }

    fn items(found: &[L::Found]) -> impl Iterator<Item: Serialize> {
        found.iter().flat_map(L::items)
    }
}
