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
    /// Whether every image is mirrored in each second copy: the coin of an image decides whether in the
    /// even or in the odd ones (K. Jordan, 2024). In place of `horizontal_flip`.
    #[serde(default, skip_serializing_if = "is_no")]
    #[schemars(extend("default" = false))]
    pub alternating_flip: bool,
    /// Zeros on each side, in pixels, from which as much as the image had is cropped at random; offsets
    /// are drawn for each axis by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 512), extend("x-keras" = "ZeroPadding2D(p), RandomCrop", "x-pytorch" = "RandomCrop(size, padding)"))]
    pub crop_padding_px: Option<u32>,
    /// Erases a rectangle of some images, as the last of the transforms.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-keras" = "RandomErasing", "x-pytorch" = "RandomErasing"))]
    pub random_erasing: Option<RandomErasing>,
    /// Why these values, where there was a choice.
    #[serde(default, skip_serializing)]
    pub choice: Option<String>,
}

/// A rectangle that is erased (Zhong et al., 2020), with torchvision's arguments and defaults. Size and
/// place are drawn up to ten times until the rectangle lies inside the image; else nothing is erased.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RandomErasing {
    /// Share of the images of which a rectangle is erased.
    #[schemars(range(min = 0, max = 1), extend("x-keras" = "factor", "x-pytorch" = "p"))]
    pub probability: f64,
    /// Lower and upper bound of the rectangle's share of the image.
    #[schemars(extend("x-keras" = "scale", "x-pytorch" = "scale"))]
    pub area_fraction: [f64; 2],
    /// Lower and upper bound of height / width, whose logarithm is drawn evenly.
    #[schemars(extend("x-pytorch" = "ratio"))]
    pub aspect_ratio: [f64; 2],
    /// What stands there afterwards.
    #[schemars(extend("x-keras" = "fill_value", "x-pytorch" = "value"))]
    pub fill: ErasingFill,
}

impl Default for RandomErasing {
    fn default() -> Self {
        Self {
            probability: 0.5,
            area_fraction: [0.02, 0.33],
            aspect_ratio: [0.3, 3.3],
            fill: ErasingFill::Zeros,
        }
    }
}

/// What stands where a rectangle was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErasingFill {
    /// Black.
    #[default]
    Zeros,
    /// A value from 0 to 255 drawn for each value of each pixel, as in the paper.
    Noise,
}

fn is_no(answer: &bool) -> bool {
    !*answer
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

    /// The first key that no policy can have with the others, what was expected, and what stands there.
    pub(super) fn first_error(&self) -> Option<(&'static str, &'static str, String)> {
        const FACTORS: &str = "two numbers [lower, upper] with 0 < lower <= upper <= 100";
        const SHARES: &str = "two numbers [lower, upper] with 0 < lower <= upper <= 1";
        let erasing = self.random_erasing.as_ref();
        let ranges = [
            ("zoom_factor", self.zoom_factor, 0.01, 100.0),
            ("contrast_factor", self.contrast_factor, 0.0, 100.0),
            (
                "random_erasing: area_fraction",
                erasing.map(|erasing| erasing.area_fraction),
                1e-6,
                1.0,
            ),
            (
                "random_erasing: aspect_ratio",
                erasing.map(|erasing| erasing.aspect_ratio),
                0.01,
                100.0,
            ),
        ];
        for (key, range, least, most) in ranges {
            if let Some([lower, upper]) = range
                && !(lower >= least && lower <= upper && upper <= most)
            {
                let expected = if most == 1.0 { SHARES } else { FACTORS };
                return Some((key, expected, format!("[{lower}, {upper}]")));
            }
        }
        if self.alternating_flip {
            if let Some(probability) = self.horizontal_flip {
                return Some((
                    "horizontal_flip",
                    "no value, as `alternating_flip` mirrors every image",
                    probability.to_string(),
                ));
            }
            if let Some(copies) = self.copies.filter(|copies| copies % 2 == 1) {
                return Some((
                    "copies",
                    "an even number, as `alternating_flip` mirrors each second one",
                    copies.to_string(),
                ));
            }
        }
        None
    }
}
