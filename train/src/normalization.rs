//! What is done with pixels before they enter a network.

use pipelines::files::manifest::ChannelStatistics;
use pipelines::tables::images::Images;
use rayon::prelude::*;

/// (level - mean) / standard deviation for each channel, levels being 0 to 255.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalization {
    channels: ChannelStatistics,
}

impl From<ChannelStatistics> for Normalization {
    fn from(channels: ChannelStatistics) -> Self {
        Self { channels }
    }
}

impl Normalization {
    /// What is taken away and divided by.
    pub fn channels(&self) -> &ChannelStatistics {
        &self.channels
    }

    /// Pixels of `channels` channels divided by `divisor`: a mean of 0.
    pub fn divisor(divisor: f64, channels: usize) -> Self {
        ChannelStatistics::divisor(divisor, channels).into()
    }

    /// Mean and standard deviation of each channel over all pixels of `rows` of `images`, as numpy's
    /// `mean` and `std` have them. A channel with one level only is divided by 1, as scikit-learn's
    /// `StandardScaler` does. The sums are whole numbers, so that the result does not depend on
    /// threads.
    pub fn standard(images: &Images, rows: &[u32]) -> Self {
        let channels = images.info.shape.channels;
        let sums = rows
            .par_chunks(256)
            .map(|rows| {
                let mut sums = vec![Sums::default(); channels];
                for &row in rows {
                    add_image(&mut sums, images.image(row as usize));
                }
                sums
            })
            .reduce(
                || vec![Sums::default(); channels],
                |a, b| a.into_iter().zip(b).map(|(a, b)| a.plus(b)).collect(),
            );
        let pixels = rows.len() * images.info.shape.len() / channels;
        let channels = ChannelStatistics {
            mean: sums.iter().map(|sums| sums.mean(pixels)).collect(),
            standard_deviation: sums
                .iter()
                .map(|sums| sums.standard_deviation(pixels))
                .map(|deviation| if deviation > 0.0 { deviation } else { 1.0 })
                .collect(),
        };
        Self { channels }
    }

    /// Normalises an image (H, W, C) into `pixels`, as many.
    // Always: the caller is compiled for instructions that it found at run time.
    #[inline(always)]
    pub fn apply(&self, image: &[u8], pixels: &mut [f32]) {
        match self.channels.mean.len() {
            1 => self.apply_to::<1>(image, pixels),
            2 => self.apply_to::<2>(image, pixels),
            3 => self.apply_to::<3>(image, pixels),
            _ => self.apply_to::<4>(image, pixels),
        }
    }

    // Always: the caller is compiled for instructions that it found at run time.
    #[inline(always)]
    fn apply_to<const C: usize>(&self, image: &[u8], pixels: &mut [f32]) {
        let mean: [f32; C] = std::array::from_fn(|channel| self.channels.mean[channel] as f32);
        let deviation: [f32; C] =
            std::array::from_fn(|channel| self.channels.standard_deviation[channel] as f32);
        let levels = image.as_chunks::<C>().0;
        for (pixel, level) in pixels.as_chunks_mut::<C>().0.iter_mut().zip(levels) {
            *pixel = std::array::from_fn(|channel| {
                (f32::from(level[channel]) - mean[channel]) / deviation[channel]
            });
        }
    }
}

/// Of one channel.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    levels: u64,
    squares: u64,
}

impl Sums {
    fn plus(self, other: Self) -> Self {
        Self {
            levels: self.levels + other.levels,
            squares: self.squares + other.squares,
        }
    }

    fn mean(&self, pixels: usize) -> f64 {
        self.levels as f64 / pixels as f64
    }

    /// Of all pixels, dividing by their number.
    fn standard_deviation(&self, pixels: usize) -> f64 {
        let sum = u128::from(self.levels);
        let scaled = pixels as u128 * u128::from(self.squares) - sum * sum;
        (scaled as f64).sqrt() / pixels as f64
    }
}

fn add_image(sums: &mut [Sums], image: &[u8]) {
    let channels = sums.len();
    // Sums of a short piece fit 32 bits.
    for piece in image.chunks(channels << 12) {
        for (channel, sums) in sums.iter_mut().enumerate() {
            let levels = || piece.iter().skip(channel).step_by(channels);
            let sum: u32 = levels().map(|&level| u32::from(level)).sum();
            let squares: u32 = levels().map(|&level| u32::from(level).pow(2)).sum();
            *sums = sums.plus(Sums {
                levels: sum.into(),
                squares: squares.into(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use pipelines::spec::dataset_info::{DatasetInfo, ImageShape};
    use pipelines::tables::split::Split;

    use super::*;

    fn images(shape: ImageShape, pixels: Vec<u8>) -> Images {
        let rows = pixels.len() / shape.len();
        Images {
            info: DatasetInfo {
                shape,
                class_names: vec!["a".into(), "b".into()],
            },
            ids: (0..rows as u32).collect(),
            splits: vec![Split::Train; rows],
            labels: vec![0; rows],
            pixels: pixels.into(),
            extra: Vec::new(),
        }
    }

    /// ```python
    /// x = (np.arange(5 * 4 * 3 * 3) * 37 % 251).astype(np.uint8).reshape(5, 4, 3, 3)
    /// x[..., 2] = 9
    /// x = x[[0, 2, 3]]
    /// x.mean((0, 1, 2)), x.std((0, 1, 2))
    /// ((x - x.mean((0, 1, 2))) / np.array([*x.std((0, 1, 2))[:2], 1]))[1, 3, 2]
    /// ```
    #[test]
    fn mean_and_standard_deviation_are_those_of_numpy() {
        let shape = ImageShape::new(4, 3, 3);
        let pixels = (0..5 * shape.len()).map(|at| match at % 3 {
            2 => 9,
            _ => (at * 37 % 251) as u8,
        });
        let images = images(shape, pixels.collect());
        let rows = [0, 2, 3];
        let normalization = Normalization::standard(&images, &rows);
        let close = |found: &[f64], expected: [f64; 3]| {
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-12, "{found} {expected}");
            }
        };
        close(&normalization.channels.mean, MEAN);
        close(
            &normalization.channels.standard_deviation,
            STANDARD_DEVIATION,
        );
        let mut normalized = vec![0.0; shape.len()];
        normalization.apply(images.image(2), &mut normalized);
        for (found, expected) in normalized[33..].iter().zip(LAST_PIXEL) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    const MEAN: [f64; 3] = [125.27777777777777, 120.44444444444444, 9.0];
    const STANDARD_DEVIATION: [f64; 3] = [74.17794337908417, 74.2875211759629, 1.0];
    const LAST_PIXEL: [f32; 3] = [-0.071_150_2, 0.492_082, 0.0];

    #[test]
    fn the_sums_do_not_depend_on_threads() {
        let shape = ImageShape::new(3, 5, 2);
        let pixels = (0..1_000 * shape.len()).map(|at| (at * at / 7) as u8);
        let images = images(shape, pixels.collect());
        let rows: Vec<u32> = (0..1_000).collect();
        let with_threads = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| Normalization::standard(&images, &rows))
        };
        assert_eq!(with_threads(1), with_threads(3));
    }

    #[test]
    fn a_divisor_divides_and_nothing_else() {
        let normalization = Normalization::divisor(255.0, 1);
        let image: Vec<u8> = (0..=255).collect();
        let mut pixels = vec![0.0; 256];
        normalization.apply(&image, &mut pixels);
        for (level, pixel) in image.iter().zip(pixels) {
            assert_eq!((f32::from(*level) / 255.0).to_bits(), pixel.to_bits());
        }
    }
}
