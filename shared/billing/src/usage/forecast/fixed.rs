//! Numbers with twenty binary places, for estimates. What does not fit stays at the largest number.

const PLACES: u32 = 20;

/// A number in units of 2^-20.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fixed(i128);

impl Fixed {
    pub(super) const ZERO: Self = Self(0);
    pub(super) const ONE: Self = Self(1 << PLACES);

    pub(super) fn whole(value: i128) -> Self {
        Self(value.saturating_mul(Self::ONE.0))
    }

    pub(super) fn count(value: usize) -> Self {
        Self::whole(i128::try_from(value).unwrap_or(i128::MAX))
    }

    /// One number by another; zero where that is zero.
    pub(super) fn ratio(dividend: i128, divisor: i128) -> Self {
        Self(dividend).over(Self(divisor))
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    pub(super) fn times(self, other: Self) -> Self {
        match self.0.checked_mul(other.0) {
            Some(product) => Self(product >> PLACES),
            // Too large for its places: they are given up.
            None => Self((self.0 >> PLACES).saturating_mul(other.0)),
        }
    }

    pub(super) fn squared(self) -> Self {
        self.times(self)
    }

    /// Divided; zero where the other is zero.
    pub(super) fn over(self, other: Self) -> Self {
        let exact = self.0.checked_mul(Self::ONE.0).and_then(|it| it.checked_div(other.0));
        let rough = || {
            let divisor = other.0 >> PLACES;
            self.0.checked_div(divisor)
        };
        Self(exact.or_else(rough).unwrap_or(0))
    }

    /// Square root; zero of what is below zero.
    pub(super) fn root(self) -> Self {
        let doubled = self.0.max(0).checked_mul(Self::ONE.0);
        match doubled {
            Some(value) => Self(value.isqrt()),
            None => Self(self.0.isqrt() << (PLACES / 2)),
        }
    }

    /// In units of that ratio, rounded down.
    pub(super) fn scaled(self, (times, over): (i128, i128)) -> i128 {
        let exact = self.0.checked_mul(times).and_then(|it| it.checked_div(over));
        let rough = || self.0.checked_div(over).map(|it| it.saturating_mul(times));
        exact.or_else(rough).unwrap_or(0) >> PLACES
    }
}
