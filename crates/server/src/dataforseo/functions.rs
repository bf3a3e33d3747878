//! Every function that this server has, in one list.

use super::appendix;
use super::available_filters::AvailableFilters;
use super::backlinks::BacklinksLive;
use super::envelope::Function;
use super::get::Get;
use super::history;
use super::live::Live;
use super::post::Post;
use super::totals::Index;
use super::user_data::UserData;

/// The functions.
pub(super) const FUNCTIONS: [&Function; 8] = [
    BacklinksLive::FUNCTION,
    Index::FUNCTION,
    AvailableFilters::FUNCTION,
    history::IdList::FUNCTION,
    history::Errors::FUNCTION,
    UserData::FUNCTION,
    appendix::Errors::FUNCTION,
    appendix::Status::FUNCTION,
];

/// Whether a function returns rows, which cost something.
pub(super) fn is_live(function: &Function) -> bool {
    function.path.last() == Some(&"live")
}
