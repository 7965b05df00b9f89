//! One augmentation policy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The ranges that the parameters of each image and epoch are drawn from. A transform that is left
/// out is off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Names the folder of the shards.
    pub name: String,
    /// Seed of the draws.
    pub seed: u64,
    /// Number of different copies, used in turn; one an epoch when left out.
    #[schemars(range(min = 1))]
    pub copies: Option<u32>,
    /// Half-range r of the angle, drawn from U(-r, r), in degrees.
    #[schemars(range(min = 0, max = 180), extend("x-keras" = "rotation_range", "x-pytorch" = "degrees"))]
    pub rotation_deg: Option<f64>,
    /// Half-range of Keras's `tx` as a fraction of the height. Keras draws it from
    /// `height_shift_range` and exchanges x and y afterwards, so that it moves images sideways; it
    /// makes no difference while both shift ranges are equal.
    #[schemars(range(min = 0, max = 1), extend("x-keras" = "height_shift_range", "x-pytorch" = "translate"))]
    pub height_shift_fraction: Option<f64>,
    /// Half-range of Keras's `ty` as a fraction of the width, which moves images up and down.
    #[schemars(range(min = 0, max = 1), extend("x-keras" = "width_shift_range", "x-pytorch" = "translate"))]
    pub width_shift_fraction: Option<f64>,
    /// Half-range of the shear, in degrees.
    #[schemars(range(min = 0, max = 89), extend("x-keras" = "shear_range", "x-pytorch" = "shear"))]
    pub shear_deg: Option<f64>,
    /// Lower and upper bound of the zoom factors, drawn for each axis by itself; a factor above 1
    /// shrinks the image, as in Keras.
    #[schemars(extend("x-keras" = "zoom_range", "x-pytorch" = "scale, of the inverse"))]
    pub zoom_factor: Option<[f64; 2]>,
    /// Lower and upper bound of the contrast factor about the image's own mean.
    #[schemars(extend("x-keras" = "RandomContrast(factor)", "x-pytorch" = "contrast"))]
    pub contrast_factor: Option<[f64; 2]>,
    /// Probability of a mirror image.
    #[schemars(range(min = 0, max = 1), extend("x-keras" = "horizontal_flip", "x-pytorch" = "RandomHorizontalFlip(p)"))]
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

    /// The first range whose bounds do not fit together, what was expected, and what stands there.
    pub(super) fn first_error(&self) -> Option<(&'static str, &'static str, String)> {
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
        None
    }
}
