//! A confidence interval.

/// A closed interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// From `center` − `half_width` to `center` + `half_width`.
    pub fn around(center: f64, half_width: f64) -> Self {
        Self {
            low: center - half_width,
            high: center + half_width,
        }
    }

    /// The same interval of the negated quantity.
    pub fn negated(self) -> Self {
        Self {
            low: -self.high,
            high: -self.low,
        }
    }

    /// The part of the interval in `low..=high`.
    pub fn clamped(self, low: f64, high: f64) -> Self {
        Self {
            low: self.low.clamp(low, high),
            high: self.high.clamp(low, high),
        }
    }

    /// Whether `value`, known to within ± `tolerance`, may lie in the interval.
    pub fn meets(self, value: f64, tolerance: f64) -> bool {
        value + tolerance >= self.low && value - tolerance <= self.high
    }
}
