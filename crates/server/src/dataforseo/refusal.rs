//! Why an answer or a task is refused: a code, its message, and a hint that the vendor does not give.
//!
//! Hints go into a header and into the log, so they say nothing that was posted.

use std::borrow::Cow;

use super::codes::Code;

/// A refusal of a task, or of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) message: Cow<'static, str>,
    pub(super) hint: Cow<'static, str>,
}

impl Refusal {
    pub(super) fn new(code: Code, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: Cow::Borrowed(code.message()), hint: hint.into() }
    }

    /// A value of a known field is wrong.
    pub(super) fn field(name: &str, reason: impl AsRef<str>) -> Self {
        let message = format!("Invalid Field: '{name}'.");
        let hint = format!("{name} {}", reason.as_ref());
        Self { code: Code::InvalidField, message: message.into(), hint: hint.into() }
    }

    /// A value of a known field is wrong, and the reason says where.
    pub(super) fn reasoned(name: &str, reason: String) -> Self {
        Self { hint: reason.into(), ..Self::field(name, "") }
    }

    /// Fields that the function does not have. A few are named, and only so much of each.
    pub(super) fn unknown_fields<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        const NAMED: usize = 10;
        const CHARS: usize = 64;
        let named: Vec<String> = names.take(NAMED).map(|name| name.chars().take(CHARS).collect()).collect();
        let message = format!("Unknown Fields in POST Data: {}", named.join(", "));
        Self { code: Code::UnknownFields, message: message.into(), hint: "this function has no such fields".into() }
    }
}
