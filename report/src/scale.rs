//! From values to pixels, and the round numbers between.

/// A straight map from `domain` to `range`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    domain: (f64, f64),
    range: (f64, f64),
    logarithmic: bool,
}

impl Scale {
    /// Equal differences are equally long. A domain without width becomes one around its value.
    pub fn linear(domain: (f64, f64), range: (f64, f64)) -> Self {
        let domain = if domain.1 > domain.0 {
            domain
        } else {
            (domain.0 - 0.5, domain.0 + 0.5)
        };
        Self {
            domain,
            range,
            logarithmic: false,
        }
    }

    /// Equal ratios are equally long; the domain lies above 0.
    pub fn logarithmic(domain: (f64, f64), range: (f64, f64)) -> Self {
        let domain = if domain.1 > domain.0 {
            domain
        } else {
            (domain.0 / 1.5, domain.0 * 1.5)
        };
        Self {
            domain,
            range,
            logarithmic: true,
        }
    }

    /// Pixels of `value`.
    pub fn px(&self, value: f64) -> f64 {
        let (low, high, value) = if self.logarithmic {
            (self.domain.0.ln(), self.domain.1.ln(), value.ln())
        } else {
            (self.domain.0, self.domain.1, value)
        };
        self.range.0 + (value - low) / (high - low) * (self.range.1 - self.range.0)
    }

    /// Pixels of both ends of an interval, cut where the domain ends, and whether each was cut.
    pub fn cut_px(&self, (low, high): (f64, f64)) -> [(f64, bool); 2] {
        [low, high].map(|end| {
            let inside = end.clamp(self.domain.0, self.domain.1);
            (self.px(inside), inside != end)
        })
    }

    /// Round values inside the domain: about `count` of them on a linear scale, 1, 2 and 5 of each
    /// decade on a logarithmic one.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        let (low, high) = self.domain;
        if self.logarithmic {
            let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
            return decades
                .flat_map(|decade| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(decade)))
                .filter(|tick| (low..=high).contains(tick))
                .collect();
        }
        let step = round_step((high - low) / count.max(1) as f64);
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        (first..=last).map(|index| index as f64 * step).collect()
    }

    /// Decimals that the labels of [`Scale::ticks`] need.
    pub fn tick_decimals(&self, count: usize) -> usize {
        let step = round_step((self.domain.1 - self.domain.0) / count.max(1) as f64);
        (-step.log10().floor()).max(0.0) as usize
    }
}

/// Lowest and highest of the finite values, widened by `margin` of their distance on both sides.
pub fn extent(values: impl IntoIterator<Item = f64>, margin: f64) -> Option<(f64, f64)> {
    let (low, high) = values.into_iter().filter(|value| value.is_finite()).fold(
        None,
        |range, value| match range {
            None => Some((value, value)),
            Some((low, high)) => Some((value.min(low), value.max(high))),
        },
    )?;
    let pad = (high - low) * margin;
    Some((low - pad, high + pad))
}

/// A domain for estimates and their intervals in which one interval that is far wider than the
/// others does not squeeze the rest: all estimates, and of the intervals what lies within
/// [`WIDEST_HALVES`] typical half-widths of them. Intervals may end beyond it.
pub fn focus(estimates: &[f64], intervals: &[(f64, f64)]) -> Option<(f64, f64)> {
    let inner = extent(estimates.iter().copied(), 0.0)?;
    let mut halves: Vec<f64> = intervals
        .iter()
        .map(|(low, high)| (high - low) / 2.0)
        .filter(|half| half.is_finite())
        .collect();
    halves.sort_by(f64::total_cmp);
    let reach = WIDEST_HALVES * halves.get(halves.len() / 2).copied().unwrap_or(0.0);
    let outer =
        extent(intervals.iter().flat_map(|(low, high)| [*low, *high]), 0.0).unwrap_or(inner);
    let low = inner.0.min(outer.0.max(inner.0 - reach));
    let high = inner.1.max(outer.1.min(inner.1 + reach));
    let pad = (high - low) * 0.05;
    Some((low - pad, high + pad))
}

/// See [`focus`].
const WIDEST_HALVES: f64 = 2.0;

/// 1, 2 or 5 times a power of ten, near `rough`.
fn round_step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let digit = match rough / power {
        ratio if ratio < 1.5 => 1.0,
        ratio if ratio < 3.5 => 2.0,
        ratio if ratio < 7.5 => 5.0,
        _ => 10.0,
    };
    digit * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        let scale = Scale::linear((86.2, 93.9), (0.0, 100.0));
        assert_eq!(scale.ticks(4), [88.0, 90.0, 92.0]);
        assert_eq!(scale.tick_decimals(4), 0);
        let scale = Scale::linear((0.0, 0.3), (0.0, 1.0));
        assert_eq!(scale.ticks(3).len(), 4);
        assert_eq!(scale.tick_decimals(3), 1);
        let scale = Scale::logarithmic((90_000.0, 2_100_000.0), (0.0, 1.0));
        assert_eq!(scale.ticks(0), [1e5, 2e5, 5e5, 1e6, 2e6]);
    }

    #[test]
    fn one_value_alone_has_a_place() {
        assert_eq!(Scale::linear((3.0, 3.0), (0.0, 10.0)).px(3.0), 5.0);
        assert_eq!(extent([f64::NAN, 2.0, 4.0], 0.5), Some((1.0, 5.0)));
        assert_eq!(extent([f64::NAN], 0.5), None);
    }

    #[test]
    fn one_wide_interval_does_not_squeeze_the_others() {
        let intervals = [(0.0, 2.0), (1.0, 3.0), (-98.0, 102.0)];
        let (low, high) = focus(&[1.0, 2.0, 2.0], &intervals).unwrap();
        assert!(low > -2.0 && high < 5.0, "{low} {high}");
        let (low, high) = focus(&[1.0, 2.0], &[(0.0, 2.0), (1.0, 3.0)]).unwrap();
        assert!(
            low < 0.0 && low > -0.5 && high > 3.0 && high < 3.5,
            "{low} {high}"
        );
        let cut = Scale::linear((0.0, 10.0), (0.0, 100.0)).cut_px((-5.0, 5.0));
        assert_eq!(cut, [(0.0, true), (50.0, false)]);
    }
}
