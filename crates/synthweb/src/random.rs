//! Stateless randomness: every draw is a pure function of a seed, a stream and two numbers, so that
//! any page can be computed at any time, in any order, on any machine.
//!
//! The generator is SplitMix64. Only integers are drawn: floating point functions may differ between
//! platforms in the last bit, and one bit would move a link.

/// What a draw is for. Draws of different streams are independent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stream {
    Host = 1,
    Path = 2,
    Page = 3,
    Block = 4,
    Fate = 5,
    Step = 6,
    Link = 7,
    Internal = 8,
    Forward = 9,
    Wire = 10,
    Sample = 11,
    Quiet = 12,
    Anchor = 13,
    Chain = 14,
}

/// A sequence of draws.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

impl Dice {
    /// The sequence that belongs to these numbers.
    pub(crate) fn new(seed: u64, stream: Stream, first: u64, second: u64) -> Self {
        let state = mix(seed.wrapping_add(GOLDEN)) ^ (stream as u64);
        let state = mix(state.wrapping_add(GOLDEN)) ^ first;
        Self(mix(state.wrapping_add(GOLDEN)) ^ second)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// A number below `bound`; 0 if `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// True in `per_mille` of 1,000 draws.
    pub(crate) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    /// One of `choices`, which must not be empty.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// A Zipf-like law over ranks 1, 2, 3 …: rank r has a weight near r^-exponent.
///
/// Ranks are drawn by octaves (2^k up to 2^(k+1), weight 2^(k·(1-exponent))), evenly inside one: a
/// staircase below the true curve that needs no table of the size of the web. With exponent 1 every
/// octave weighs the same.
#[derive(Debug, Clone)]
pub(crate) struct Zipf {
    /// Sum of the weights of octaves 0 to k.
    cumulative: Vec<u64>,
}

impl Zipf {
    const OCTAVES: i32 = 40;
    const UNIT: f64 = 1_048_576.0;

    /// `exponent` between 0.5 and 2, or it is clamped.
    pub(crate) fn new(exponent: f64) -> Self {
        let ratio = (1.0 - exponent.clamp(0.5, 2.0)).exp2();
        let mut sum = 0;
        let cumulative = (0..Self::OCTAVES)
            .map(|octave| {
                sum += (Self::UNIT * ratio.powi(octave)).round().max(1.0) as u64;
                sum
            })
            .collect();
        Self { cumulative }
    }

    /// A rank below `count` (0 is the most popular); 0 if `count` is 0.
    pub(crate) fn rank(&self, dice: &mut Dice, count: u64) -> u64 {
        if count <= 1 {
            return 0;
        }
        let last = (count.ilog2() as usize).min(self.cumulative.len() - 1);
        let before = if last == 0 { 0 } else { self.cumulative[last - 1] };
        // The last octave is cut, and weighs what is left of it.
        let last_first = 1_u64 << last;
        let left = (u128::from(self.cumulative[last] - before) * u128::from(count + 1 - last_first)) >> last;
        let draw = dice.below(before + (left as u64).max(1));
        let octave = self.cumulative.partition_point(|sum| *sum <= draw).min(last);
        let first = 1_u64 << octave;
        let width = first.min(count + 1 - first);
        first - 1 + dice.below(width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_stay_below_the_count_and_favour_the_first() {
        for exponent in [0.5, 1.0, 1.3] {
            let zipf = Zipf::new(exponent);
            for count in [0, 1, 2, 3, 7, 8, 1000] {
                let mut dice = Dice::new(1, Stream::Link, count, 0);
                let mut first = 0_u32;
                for _ in 0..2000 {
                    let rank = zipf.rank(&mut dice, count);
                    assert!(rank < count.max(1));
                    first += u32::from(rank == 0);
                }
                assert!(count < 2 || u64::from(first) * count > 2000, "{exponent} {count} {first}");
            }
        }
    }

    #[test]
    fn draws_depend_on_every_number() {
        let draw = |seed, stream, first, second| Dice::new(seed, stream, first, second).next();
        let base = draw(1, Stream::Link, 2, 3);
        assert_eq!(base, draw(1, Stream::Link, 2, 3));
        for other in [draw(2, Stream::Link, 2, 3), draw(1, Stream::Page, 2, 3), draw(1, Stream::Link, 3, 2)] {
            assert_ne!(base, other);
        }
    }
}
