//! Weights and gradients, counted.

use super::event::HistogramProto;

/// Buckets of a histogram, as many as TensorFlow's `tf.summary.histogram` has.
const BUCKETS: usize = 30;

/// `values` counted in buckets of one width between the smallest and the largest. Values that are no
/// numbers are left out.
pub fn histogram(values: &[f32]) -> HistogramProto {
    let finite = || {
        values
            .iter()
            .map(|v| f64::from(*v))
            .filter(|v| v.is_finite())
    };
    let (min, max) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), value| {
        (min.min(value), max.max(value))
    });
    if min > max {
        return HistogramProto::default();
    }
    let width = (max - min) / BUCKETS as f64;
    let mut bucket = vec![0.0; if width > 0.0 { BUCKETS } else { 1 }];
    let last = bucket.len() - 1;
    for value in finite() {
        let index = if width > 0.0 {
            (value - min) / width
        } else {
            0.0
        };
        bucket[(index as usize).min(last)] += 1.0;
    }
    let limits = (1..bucket.len()).map(|index| min + width * index as f64);
    HistogramProto {
        min,
        max,
        num: bucket.iter().sum(),
        sum: finite().sum(),
        sum_squares: finite().map(|value| value * value).sum(),
        bucket_limit: limits.chain([max]).collect(),
        bucket,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ```python
    /// np.histogram(np.arange(61, dtype="f4") / 4, bins=30)
    /// ```
    #[test]
    fn buckets_are_numpys() {
        let values: Vec<f32> = (0..61).map(|value| value as f32 / 4.0).collect();
        let counted = histogram(&values);
        assert_eq!((counted.min, counted.max, counted.num), (0.0, 15.0, 61.0));
        assert_eq!(counted.bucket[..29], [2.0; 29]);
        assert_eq!(counted.bucket[29], 3.0);
        assert_eq!(counted.bucket_limit[..2], [0.5, 1.0]);
        assert_eq!(counted.bucket_limit[29], 15.0);
    }

    #[test]
    fn equal_values_are_one_bucket_and_what_is_no_number_is_left_out() {
        let counted = histogram(&[2.0, f32::NAN, 2.0, f32::INFINITY]);
        assert_eq!(
            (counted.bucket, counted.bucket_limit),
            (vec![2.0], vec![2.0])
        );
        assert_eq!((counted.sum, counted.sum_squares), (4.0, 8.0));
        assert_eq!(histogram(&[f32::NAN]), HistogramProto::default());
    }
}
