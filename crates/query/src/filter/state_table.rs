//! The states of a regular expression as one table. Texts of links are short, and what a general engine does
//! before and behind each search takes longer than the search.

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};

/// Bytes of a table, and of what is needed to make it: that bounds the time, too.
const TABLE_BYTES: usize = 64 << 10;
const WORK_BYTES: usize = 256 << 10;

/// A deterministic automaton.
#[derive(Debug, Clone)]
pub(super) struct StateTable {
    states: dense::DFA<Vec<u32>>,
    start: StateID,
    /// By the first and the last byte of a text, whether it can match at all: patterns with `^` and `$` say it.
    may_begin: Box<[bool; 256]>,
    may_end: Box<[bool; 256]>,
}

impl StateTable {
    /// Makes the table of a pattern that the regex crate has compiled; `None` if it would be large, or if
    /// the pattern asks for the bounds of words of other scripts.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        let (states, start) = states(pattern, false)?;
        let may_begin = Box::new(first_bytes(&states, start));
        let backwards = self::states(pattern, true);
        let may_end = Box::new(backwards.map_or([true; 256], |(states, start)| first_bytes(&states, start)));
        Some(Self { states, start, may_begin, may_end })
    }

    /// Whether it matches somewhere in a text.
    #[inline]
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
        if let (Some(first), Some(last)) = (text.first(), text.last()) {
            // Both at once, so that there is one guess and not two.
            let may_match = self.may_begin[usize::from(*first)] & self.may_end[usize::from(*last)];
            if !may_match {
                return false;
            }
        }
        self.is_match_by_states(text)
    }

    /// The same without a look at its ends; a call, so that the look can stand where texts go by.
    #[inline(never)]
    fn is_match_by_states(&self, text: &[u8]) -> bool {
        let mut state = self.start;
        for byte in text {
            state = self.states.next_state(state, *byte);
            if self.states.is_special_state(state) {
                if self.states.is_match_state(state) {
                    return true;
                }
                if self.states.is_dead_state(state) {
                    return false;
                }
            }
        }
        self.states.is_match_state(self.states.next_eoi_state(state))
    }
}

/// The bytes with which what matches can begin, on the way of the automaton.
fn first_bytes(states: &dense::DFA<Vec<u32>>, start: StateID) -> [bool; 256] {
    let mut may_begin = [true; 256];
    for (byte, may_begin) in (0..=u8::MAX).zip(may_begin.iter_mut()) {
        *may_begin = !states.is_dead_state(states.next_state(start, byte));
    }
    may_begin
}

/// The automaton that goes through texts forwards or backwards, and where it starts.
fn states(pattern: &str, is_backwards: bool) -> Option<(dense::DFA<Vec<u32>>, StateID)> {
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(StartKind::Unanchored)
        .accelerate(false)
        .dfa_size_limit(Some(TABLE_BYTES))
        .determinize_size_limit(Some(WORK_BYTES));
    let states = thompson::Config::new()
        .utf8(false)
        .reverse(is_backwards)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(WORK_BYTES));
    let syntax = syntax::Config::new().utf8(false);
    let states = dense::Builder::new().configure(config).thompson(states).syntax(syntax).build(pattern).ok()?;
    let start = states.start_state(&start::Config::new().anchored(Anchored::No)).ok()?;
    Some((states, start))
}
