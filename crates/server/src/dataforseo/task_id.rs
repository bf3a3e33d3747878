//! Task ids: `MMDDhhmm-AAAA-FFFF-0000-xxxxxxxxxxxx`. They look like UUIDs and are none.

use model::Timestamp;

/// The id of a task made at `now` (UTC) for an account by a function; the end is random.
pub(super) fn task_id(now: Timestamp, account: u16, function: u16) -> String {
    let mut random = [0; 8];
    // Ids need not be secret: without randomness they only lose their uniqueness within a minute.
    let _ = getrandom::fill(random.get_mut(2..).unwrap_or_default());
    let random = u64::from_be_bytes(random);
    format!("{}-{account:04}-{function:04}-0000-{random:012x}", digits(now, 5..16))
}

/// The digits of a part of `2026-11-23 21:47:49 +00:00`.
pub(super) fn digits(at: Timestamp, part: std::ops::Range<usize>) -> String {
    let text = at.to_string();
    text.get(part).unwrap_or_default().chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_says_when_for_whom_and_what() {
        let now = Timestamp::parse_iso("2026-11-23T12:00:59Z").unwrap();
        let id = task_id(now, 1, 269);
        assert_eq!(&id[..24], "11231200-0001-0269-0000-");
        assert!(id.len() == 36 && id[24..].bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
        assert_ne!(task_id(now, 1, 269), id);
    }
}
