//! Sums of many small numbers.

/// A sum that carries what rounding cut off (Neumaier 1974).
///
/// A sum of n numbers errs by about one rounding of the result, not by up to n of them: with a hundred million nodes that
/// is the difference between 1e-16 and 1e-8, which would drown a stop bound of 1e-9.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    /// Adds a number.
    pub(crate) fn add(&mut self, value: f64) {
        let total = self.total + value;
        self.lost +=
            if self.total.abs() >= value.abs() { (self.total - total) + value } else { (value - total) + self.total };
        self.total = total;
    }

    /// The sum so far.
    pub(crate) fn value(self) -> f64 {
        // An infinite sum has lost `inf - inf`; it is still infinite.
        if self.total.is_finite() { self.total + self.lost } else { self.total }
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut sum = Self::default();
        for value in values {
            sum.add(value);
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_beside_a_large_one_are_not_lost() {
        let numbers = || std::iter::once(1.0).chain(std::iter::repeat_n(1e-16, 10_000));
        assert!((numbers().sum::<f64>() - 1.0).abs() < 1e-15, "a plain sum loses them");
        assert!((numbers().collect::<Sum>().value() - (1.0 + 1e-12)).abs() < 1e-15);
    }

    #[test]
    fn an_infinite_sum_is_infinite() {
        assert!([1.0, f64::INFINITY, 1.0].into_iter().collect::<Sum>().value().is_infinite());
    }
}
