//! The vendor's status codes that this server produces, with their messages and HTTP statuses.

use axum::http::StatusCode;

/// Declares the codes: one line each, message word for word as the vendor has it.
macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $number:literal, $http:ident, $message:literal;)+) => {
        /// A status code of an answer or of a task.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Code { $($(#[$meta])* $name,)+ }

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
