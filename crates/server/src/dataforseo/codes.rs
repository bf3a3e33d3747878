//! The vendor's status codes: those that this server produces, with their HTTP statuses, and the
//! others, which clients may look up. Messages that the vendor ends with an address of its own end
//! before it.

use axum::http::StatusCode;

/// Declares the codes: one line each, message word for word as the vendor has it.
macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $number:literal, $http:ident, $message:literal;)+) => {
        /// A status code of an answer or of a task.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Code { $($(#[$meta])* $name,)+ }

        /// The codes that this server produces.
        const PRODUCED: &[(u16, &str)] = &[$(($number, $message),)+];

        impl Code {
            pub(super) const fn number(self) -> u16 {
                match self { $(Self::$name => $number,)+ }
            }

            pub(super) const fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }

            /// The HTTP status of an answer that is refused whole with this code. On a task it has none.
            pub(super) const fn http(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$http,)+ }
            }
        }
    };
}

codes! {
    Ok = 20000, OK, "Ok.";
    /// An element of the posted array after the first.
    OneTask = 40000, OK, "You can set only one task at a time.";
    /// More elements than any function takes.
    TooManyTasks = 40006, OK, "You can set no more than 100 tasks at a time.";
    /// The vendor's message goes on with an address of its own.
    Unauthorized = 40100, UNAUTHORIZED, "You are not authorized to access this resource.";
    TooManyRequests = 40202, OK, "The rate-limit per minute has been exceeded.";
    TooManyAtOnce = 40209, OK, "Too many simultaneous queries.";
    /// A path outside the API, or a method that the path does not have.
    NotFound = 40400, NOT_FOUND, "Not Found.";
    /// A path below the API's root that does not exist.
    InvalidPath = 40402, NOT_FOUND, "Invalid Path.";
    /// The message goes on with the field: see `Refusal::field`.
    InvalidField = 40501, OK, "Invalid Field.";
    EmptyPost = 40502, OK, "POST Data Is Empty.";
    InvalidPost = 40503, OK, "POST Data Is Invalid.";
    /// The message goes on with the fields: see `Refusal::unknown_fields`.
    UnknownFields = 40506, OK, "Unknown Fields in POST Data.";
    Internal = 50000, INTERNAL_SERVER_ERROR, "Internal Error.";
    Timeout = 50401, OK, "Internal Error - Timeout.";
}

/// The codes that this server never produces.
const OTHERS: &[(u16, &str)] = &[
    (20100, "Task Created."),
    (40001, "This id is used by another client, check the id."),
    (40002, "This id is used by another search engine, check the Path."),
    (40003, "This id is used by another search type, check the Path."),
    (40004, "This id is used by another function, check the id."),
    (40005, "This id is used by another device type, check the id."),
    (40101, "Internal SE Server Error."),
    (40102, "No Search Results."),
    (40103, "Task execution failed, please try to resubmit the task."),
    (40104, "Please verify your account before using the API."),
    (40106, "Task completed with partial results."),
    (40200, "Payment Required."),
    (40201, "Our algorithms found suspicious activity in your account. It has been temporarily blocked."),
    (40203, "The cost limit has been exceeded."),
    (40204, "Access denied."),
    (40205, "The duplicate task limit per hour has been exceeded."),
    (40206, "The duplicate task limit per day has been exceeded."),
    (40207, "Access denied. Your IP is not whitelisted."),
    (40210, "Insufficient Funds."),
    (40401, "Task Not Found."),
    (40403, "Results Expired."),
    (40404, "No Prepared Data Found."),
    (40408, "Target URL is invalid."),
    (
        40504,
        "The number of intersecting keywords for the specified domains exceeds 10 million. Try specifying different domains.",
    ),
    (40505, "You are using old data."),
    (40601, "Task Handed."),
    (40602, "Task In Queue."),
    (50001, "Error While Checking the Balance."),
    (50100, "Not Implemented."),
    (50301, "3rd Party API Service Unavailable."),
    (50303, "Update in progress. Please try after a few minutes."),
    (50304, "This function temporarily unavailable. Please contact support for more information."),
    (50402, "Target page took too long to respond."),
];

/// The codes that this server produces, with their messages.
pub(super) const fn produced() -> &'static [(u16, &'static str)] {
    PRODUCED
}

/// Every code of the API with its message, in order.
pub(super) fn all() -> Vec<(u16, &'static str)> {
    let mut all = [PRODUCED, OTHERS].concat();
    all.sort_unstable();
    all
}
