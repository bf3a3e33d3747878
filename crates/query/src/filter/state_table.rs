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
}

impl StateTable {
    /// Makes the table of a pattern that the regex crate has compiled; `None` if it would be large, or if
    /// the pattern asks for the bounds of words of other scripts.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Unanchored)
            .accelerate(false)
            .dfa_size_limit(Some(TABLE_BYTES))
            .determinize_size_limit(Some(WORK_BYTES));
        let states =
            thompson::Config::new().utf8(false).which_captures(WhichCaptures::None).nfa_size_limit(Some(WORK_BYTES));
        let syntax = syntax::Config::new().utf8(false);
        let states = dense::Builder::new().configure(config).thompson(states).syntax(syntax).build(pattern).ok()?;
        let start = states.start_state(&start::Config::new().anchored(Anchored::No)).ok()?;
        Some(Self { states, start })
    }

    /// Whether it matches somewhere in a text.
    pub(super) fn is_match(&self, text: &[u8]) -> bool {
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
