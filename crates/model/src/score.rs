//! Ranks: a probability and a number for display are different types.

use std::fmt;

/// A PageRank value: the probability of being at a node; all nodes sum to one.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct PageRank(pub f64);

/// A rank on the public scale, 0 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RankScore(u16);

impl RankScore {
    /// The top of the scale.
    pub const MAX: u16 = 1000;

    /// Clamps to the scale.
    pub const fn new(score: u16) -> Self {
        if score > Self::MAX { Self(Self::MAX) } else { Self(score) }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// The same on the scale of 0 to 100: `round(100·sin(rank/636.62))`.
    pub fn one_hundred(self) -> u16 {
        ((f64::from(self.0) / 636.62).sin() * 100.0).round() as u16
    }
}

impl fmt::Display for RankScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_small_scale_has_its_published_points() {
        for (rank, expected) in [(0, 0), (135, 21), (300, 45), (500, 71), (694, 89), (1000, 100)] {
            assert_eq!(RankScore::new(rank).one_hundred(), expected, "{rank}");
        }
        assert_eq!(RankScore::new(2000).get(), 1000);
    }
}
