//! One augmentation policy.

use serde::{Deserialize, Serialize};

/// The ranges that the parameters of each image and epoch are drawn from. A transform that is left
/// out is off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Names the folder of the shards.
    pub name: String,
    /// Seed of the draws.
    pub seed: u64,
    /// Number of different copies, used in turn; one an epoch when left out.
    pub copies: Option<u32>,
    /// Half-range r of the angle, drawn from U(-r, r), in degrees.
    pub rotation_deg: Option<f64>,
    /// Half-range of Keras's `tx` as a fraction of the height. Keras draws it from
    /// `height_shift_range` and exchanges x and y afterwards, so that it moves images sideways; it
    /// makes no difference while both shift ranges are equal.
    pub height_shift_fraction: Option<f64>,
    /// Half-range of Keras's `ty` as a fraction of the width, which moves images up and down.
    pub width_shift_fraction: Option<f64>,
    /// Half-range of the shear, in degrees.
    pub shear_deg: Option<f64>,
    /// Lower and upper bound of the zoom factors, drawn for each axis by itself; a factor above 1
    /// shrinks the image, as in Keras.
    pub zoom_factor: Option<[f64; 2]>,
    /// Lower and upper bound of the contrast factor about the image's own mean.
    pub contrast_factor: Option<[f64; 2]>,
    /// Probability of a mirror image.
    pub horizontal_flip: Option<f64>,
    /// Why these values, where there was a choice.
    #[serde(default, skip_serializing)]
    pub choice: Option<String>,
}

impl Policy {
    /// The policy without what does not change the bytes of a shard.
    pub fn of_one_shard(&self) -> Self {
        Self {
            copies: None,
            choice: None,
            ..self.clone()
        }
    }

    /// The first key whose value is out of range, what was expected, and what stands there.
    pub(super) fn first_error(&self) -> Option<(&'static str, &'static str, String)> {
        let half_ranges = [
            ("rotation_deg", self.rotation_deg, 180.0, "0 to 180"),
            (
                "height_shift_fraction",
                self.height_shift_fraction,
                1.0,
                "0 to 1",
            ),
            (
                "width_shift_fraction",
                self.width_shift_fraction,
                1.0,
                "0 to 1",
            ),
            ("shear_deg", self.shear_deg, 89.0, "0 to 89"),
            ("horizontal_flip", self.horizontal_flip, 1.0, "0 to 1"),
        ];
        for (key, value, limit, expected) in half_ranges {
            if let Some(value) = value
                && !(0.0..=limit).contains(&value)
            {
                return Some((key, expected, value.to_string()));
            }
        }
        let ranges = [
            ("zoom_factor", self.zoom_factor, 0.01),
            ("contrast_factor", self.contrast_factor, 0.0),
        ];
        for (key, range, least) in ranges {
            if let Some([lower, upper]) = range
                && !(lower >= least && lower <= upper && upper <= 100.0)
            {
                return Some((
                    key,
                    "two numbers [lower, upper] with 0 < lower <= upper <= 100",
                    format!("[{lower}, {upper}]"),
                ));
            }
        }
        (self.copies == Some(0)).then(|| ("copies", "at least 1", "0".to_owned()))
    }
}
