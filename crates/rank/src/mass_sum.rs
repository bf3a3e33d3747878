//! Sums of stored masses that do not depend on the order of the links.

use model::RankScore;

use crate::scale;

/// Words of the sum: 2⁻¹⁴⁹, the least `f32`, to 2¹²⁸ are 277 bits, and 2⁴³ addends more.
const WORDS: usize = 5;

/// An exact sum of masses as they are stored, in `f32`.
///
/// Every `f32` is a whole multiple of 2⁻¹⁴⁹, so the sum is kept as one whole number of 320 bits (a small superaccumulator,
/// Kulisch 1971): nothing is ever rounded, and any order and any grouping of the same links gives the same number, hence
/// the same score. It stands for the sum that a compensated `f64` sum approximates to about 1e-16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MassSum {
    words: [u64; WORDS],
}

impl MassSum {
    /// Adds a mass. Negative ones and NaN, which are no masses, count as 0, and infinity as the largest `f32`.
    pub fn add(&mut self, mass: f32) {
        // The comparison is false for NaN.
        let bits = if mass > 0.0 { mass.min(f32::MAX).to_bits() } else { 0 };
        let (exponent, fraction) = (bits >> 23, bits & 0x7f_ffff);
        let (significand, shift) = if exponent == 0 { (fraction, 0) } else { (fraction | 1 << 23, exponent - 1) };
        let (word, shift) = ((shift / 64) as usize, shift % 64);
        let wide = u128::from(significand) << shift;
        self.add_at(word, wide as u64);
        self.add_at(word + 1, (wide >> 64) as u64);
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &Self) {
        for (word, &value) in other.words.iter().enumerate() {
            self.add_at(word, value);
        }
    }

    /// The sum, rounded once.
    pub fn value(&self) -> f64 {
        let unit = f64::from(f32::from_bits(1));
        // From the top: three words hold more bits than `f64` has.
        let top = self.words.iter().rposition(|&word| word != 0).unwrap_or(0);
        let lowest = top.saturating_sub(2);
        let value = (lowest..=top).rev().fold(0.0, |value, word| value * 2.0_f64.powi(64) + self.words[word] as f64);
        value * 2.0_f64.powi(64 * lowest as i32) * unit
    }

    /// The rank of the links whose masses were added: S of the sum; 0 if there were none.
    pub fn score(&self) -> RankScore {
        scale::score(self.value())
    }

    fn add_at(&mut self, word: usize, value: u64) {
        let mut carry = value;
        for word in self.words.iter_mut().skip(word) {
            let (sum, overflows) = word.overflowing_add(carry);
            *word = sum;
            if !overflows {
                return;
            }
            carry = 1;
        }
    }
}

impl FromIterator<f32> for MassSum {
    fn from_iter<I: IntoIterator<Item = f32>>(masses: I) -> Self {
        let mut sum = Self::default();
        for mass in masses {
            sum.add(mass);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masses() -> impl Strategy<Value = Vec<f32>> {
        // Exponents over the whole scale, with ties.
        let mass = prop_oneof![(-20.0_f32..20.0).prop_map(f32::exp), Just(1.0_f32), Just(0.0), Just(1e-45)];
        prop::collection::vec(mass, 0..100)
    }

    proptest! {
        #[test]
        fn the_order_of_links_does_not_show(masses in masses(), seed in any::<prop::sample::Index>()) {
            let sum: MassSum = masses.iter().copied().collect();
            let mut other = masses.clone();
            other.reverse();
            if !other.is_empty() {
                let middle = seed.index(other.len());
                other.rotate_left(middle);
            }
            prop_assert_eq!(sum, other.iter().copied().collect());
            prop_assert_eq!(sum, { other.sort_by(f32::total_cmp); other.into_iter().collect() });
        }

        #[test]
        fn it_is_the_compensated_sum(masses in masses()) {
            let sum: MassSum = masses.iter().copied().collect();
            let compensated = masses.iter().copied().map(f64::from).collect::<crate::sum::Sum>().value();
            prop_assert!((sum.value() - compensated).abs() <= 4e-16 * compensated, "{} {}", sum.value(), compensated);
            prop_assert_eq!(sum.score(), scale::set_score(masses.iter().copied().map(f64::from)));
        }

        #[test]
        fn any_filter_splits_the_sum(masses in masses(), kept in any::<u128>()) {
            let [mut left, right]: [MassSum; 2] = [1, 0].map(|side| {
                let chosen = masses.iter().enumerate().filter(|(at, _)| kept >> (at % 128) & 1 == side);
                chosen.map(|(_, &mass)| mass).collect()
            });
            left.merge(&right);
            prop_assert_eq!(left, masses.into_iter().collect());
        }
    }

    #[test]
    fn links_that_pass_nothing_have_rank_0() {
        assert_eq!(MassSum::default().score().get(), 0);
        assert_eq!([0.0; 9].into_iter().collect::<MassSum>().score().get(), 0);
        // What is no mass does not count.
        assert_eq!([f32::NAN, -5.0, f32::NEG_INFINITY].into_iter().collect::<MassSum>(), MassSum::default());
    }

    fn bits(masses: &[f32]) -> u64 {
        masses.iter().copied().collect::<MassSum>().value().to_bits()
    }

    #[test]
    fn single_masses_come_out_as_they_went_in() {
        for mass in [1e-45, f32::MIN_POSITIVE, 0.1, 1.0, 4.7e6, f32::MAX] {
            assert_eq!(bits(&[mass]), f64::from(mass).to_bits(), "{mass:e}");
        }
        assert_eq!(bits(&[f32::INFINITY; 3]), (3.0 * f64::from(f32::MAX)).to_bits());
        assert_eq!(bits(&[1e30, 1e-30]), f64::from(1e30_f32).to_bits());
    }
}
