//! What the functions that return rows have in common: they are asked with POST, cost something, and
//! ask the index.

use std::marker::PhantomData;

use query::Bounds;
use serde::Serialize;

use super::envelope::Function;
use super::post::{Answered, Asked, Halt, Post};
use super::posted::Posted;
use super::skin::Form;
use crate::app::App;

/// A live function of the API.
pub(super) trait Live: 'static {
    /// Its names and number.
    const FUNCTION: &'static Function;
    /// Its result, which is written straight to bytes.
    type Found: Serialize;

    /// Runs a task. Some defaults depend on the form. Blocks.
    fn run(app: &App, posted: &Posted<'_>, form: Form, bounds: &Bounds) -> Result<Answered<Self::Found>, Halt>;

    /// The items of a result, which are all of it that the reduced form has.
    fn items(found: &Self::Found) -> impl Iterator<Item: Serialize>;
}

/// A live function as one that is posted to.
pub(super) struct Posting<L>(PhantomData<L>);

impl<L: Live> Post for Posting<L> {
    const FUNCTION: &'static Function = L::FUNCTION;
    const HAS_PRICE: bool = true;
    type Found = L::Found;

    fn run(asked: &Asked, posted: &Posted<'_>, bounds: &Bounds) -> Result<Answered<L::Found>, Halt> {
        L::run(&asked.app, posted, asked.form, bounds)
    }

    fn items(found: &[L::Found]) -> impl Iterator<Item: Serialize> {
        found.iter().flat_map(L::items)
    }
}
