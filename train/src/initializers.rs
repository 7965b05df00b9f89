//! Keras's initial values of kernels and biases.

use pipelines::spec::Initializer;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// Standard deviation of a normal distribution that was cut off at two standard deviations.
const TRUNCATED_STANDARD_DEVIATION: f64 = 0.879_625_661_034_239_8;

/// Fills `values`, a parameter of Keras's shape `shape`, from `generator`.
pub fn initialize(
    initializer: Initializer,
    shape: &[usize],
    generator: &mut impl Rng,
    values: &mut [f32],
) {
    let [fan_in, fan_out] = fans(shape);
    match initializer {
        Initializer::Zeros => values.fill(0.0),
        Initializer::Ones => values.fill(1.0),
        Initializer::GlorotUniform => uniform(6.0 / (fan_in + fan_out), generator, values),
        Initializer::HeUniform => uniform(6.0 / fan_in, generator, values),
        Initializer::LecunUniform => uniform(3.0 / fan_in, generator, values),
        Initializer::GlorotNormal => normal(2.0 / (fan_in + fan_out), generator, values),
        Initializer::HeNormal => normal(2.0 / fan_in, generator, values),
        Initializer::LecunNormal => normal(1.0 / fan_in, generator, values),
    }
}

/// Inputs of an output and outputs of an input: `compute_fans` of Keras's
/// `initializers/random_initializers.py`.
fn fans(shape: &[usize]) -> [f64; 2] {
    match *shape {
        [] => [1.0, 1.0],
        [len] => [len as f64; 2],
        [ref window @ .., inputs, outputs] => {
            let area: usize = window.iter().product();
            [(area * inputs) as f64, (area * outputs) as f64]
        }
    }
}

/// U(-L, L) with L² = `limit_squared`.
fn uniform(limit_squared: f64, generator: &mut impl Rng, values: &mut [f32]) {
    let limit = limit_squared.sqrt();
    for value in values {
        *value = ((2.0 * generator.random::<f64>() - 1.0) * limit) as f32;
    }
}

/// A normal distribution, drawn again beyond two standard deviations and widened so that
/// `variance` is its variance nevertheless.
fn normal(variance: f64, generator: &mut impl Rng, values: &mut [f32]) {
    let deviation = variance.sqrt() / TRUNCATED_STANDARD_DEVIATION;
    for value in values {
        let drawn: f64 = loop {
            let drawn: f64 = StandardNormal.sample(generator);
            if drawn.abs() < 2.0 {
                break drawn;
            }
        };
        *value = (drawn * deviation) as f32;
    }
}

#[cfg(test)]
mod tests {
    use pipelines::random::Streams;

    use super::*;

    fn drawn(initializer: Initializer, shape: &[usize]) -> Vec<f32> {
        let mut values = vec![0.0; shape.iter().product()];
        let mut generator = Streams::new(0, "test", 0).id(0);
        initialize(initializer, shape, &mut generator, &mut values);
        values
    }

    fn largest(values: &[f32]) -> f32 {
        values.iter().fold(0.0, |most, value| most.max(value.abs()))
    }

    /// `keras.initializers.GlorotUniform()` draws from U(-L, L) with L = sqrt(6 / (fan_in +
    /// fan_out)); these are the limits of the kernels of models 1, 7 and 8.
    #[test]
    fn glorot_uniform_keeps_within_keras_limits_and_comes_close_to_them() {
        let limits = [
            (&[3, 3, 1, 32][..], 0.142_134),
            (&[3, 3, 32, 64], 0.083_333),
            (&[3, 3, 128, 256], 0.041_667),
            (&[576, 64], 0.096_825),
            (&[784, 256], 0.075_955),
            (&[256, 10], 0.150_188),
        ];
        for (shape, limit) in limits {
            let largest = largest(&drawn(Initializer::GlorotUniform, shape));
            assert!(largest <= limit + 1e-6, "{shape:?}: {largest} > {limit}");
            assert!(largest > 0.97 * limit, "{shape:?}: {largest} of {limit}");
        }
    }

    #[test]
    fn each_initializer_has_its_mean_and_variance() {
        let shape = [3, 3, 40, 60];
        let [fan_in, fan_out] = [360.0, 540.0];
        let variances = [
            (Initializer::GlorotUniform, 2.0 / (fan_in + fan_out)),
            (Initializer::GlorotNormal, 2.0 / (fan_in + fan_out)),
            (Initializer::HeUniform, 2.0 / fan_in),
            (Initializer::HeNormal, 2.0 / fan_in),
            (Initializer::LecunUniform, 1.0 / fan_in),
            (Initializer::LecunNormal, 1.0 / fan_in),
        ];
        for (initializer, expected) in variances {
            let values = drawn(initializer, &shape);
            let count = values.len() as f64;
            let mean = values.iter().map(|v| f64::from(*v)).sum::<f64>() / count;
            let square = values.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / count;
            assert!(mean.abs() < 0.02 * f64::sqrt(expected), "{initializer:?}");
            assert!((square / expected - 1.0).abs() < 0.03, "{initializer:?}");
        }
    }

    #[test]
    fn normals_are_cut_off_at_two_standard_deviations() {
        let limit = 2.0 * (2.0_f64 / 360.0).sqrt() / TRUNCATED_STANDARD_DEVIATION;
        let largest = largest(&drawn(Initializer::HeNormal, &[3, 3, 40, 60]));
        assert!(f64::from(largest) < limit && f64::from(largest) > 0.95 * limit);
    }

    #[test]
    fn zeros_and_ones_fill_the_array() {
        assert_eq!(drawn(Initializer::Zeros, &[3]), [0.0; 3]);
        assert_eq!(drawn(Initializer::Ones, &[3]), [1.0; 3]);
    }
}
