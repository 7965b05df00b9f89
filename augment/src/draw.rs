//! The random parameters of one image in one epoch.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float32Array, Int32Array};
use arrow_schema::{Field, FieldRef};
use pipelines::random::Streams;
use pipelines::spec::dataset_info::ImageShape;
use pipelines::spec::{ErasingFill, Policy};
use rand::RngExt;

use crate::affine::AffineParameters;
use crate::crop;
use crate::erasing::{self, Rectangle};

/// Name of the streams of random numbers.
const PURPOSE: &str = "augment";
/// Name of the streams of the coins of an alternating flip, which are the same in all copies.
const FLIP_PURPOSE: &str = "alternating flip";

/// The parameters of one image, as they are applied and as they stand in the shard's columns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draw {
    /// [`AffineParameters::rotation_deg`].
    pub rotation_deg: f32,
    /// [`AffineParameters::tx_px`].
    pub tx_px: f32,
    /// [`AffineParameters::ty_px`].
    pub ty_px: f32,
    /// [`AffineParameters::shear_deg`].
    pub shear_deg: f32,
    /// [`AffineParameters::zx_factor`].
    pub zx_factor: f32,
    /// [`AffineParameters::zy_factor`].
    pub zy_factor: f32,
    /// Whether left and right are exchanged.
    pub flipped: bool,
    /// Factor about the mean of each channel.
    pub contrast_factor: f32,
    /// First column of the crop, counted from the image's own first column: negative where zeros come in
    /// on the left.
    pub crop_x_px: i32,
    /// First row of the crop, as [`Draw::crop_x_px`].
    pub crop_y_px: i32,
    /// What is erased.
    pub erased: Option<Rectangle>,
    /// Seed of the noise in that rectangle; without one it is black.
    pub noise: Option<u64>,
}

impl Draw {
    /// The parameters that leave every image as it is.
    pub fn identity() -> Self {
        Self {
            rotation_deg: 0.0,
            tx_px: 0.0,
            ty_px: 0.0,
            shear_deg: 0.0,
            zx_factor: 1.0,
            zy_factor: 1.0,
            flipped: false,
            contrast_factor: 1.0,
            crop_x_px: 0,
            crop_y_px: 0,
            erased: None,
            noise: None,
        }
    }

    /// The parameters of copy `copy` of each image in `ids`, all of `shape`.
    ///
    /// Eight numbers u in 0..1 are taken for each image, always all of them and always in the order
    /// of the fields (Keras's order: rotation, tx, ty, shear, zx, zy), then two for the crop, and only then
    /// those of the erasing, so that turning one transform off leaves the others as they were.
    pub fn of_images<'a>(
        policy: &Policy,
        copy: u32,
        shape: ImageShape,
        ids: &'a [u32],
    ) -> impl Iterator<Item = Self> + 'a {
        let half_range = |half_range: Option<f64>, unit: f64| {
            let limit = half_range.unwrap_or(0.0) * unit;
            (-limit, limit)
        };
        let factors = |range: Option<[f64; 2]>| range.map_or((1.0, 1.0), |[from, to]| (from, to));
        let rotation_deg = half_range(policy.rotation_deg, 1.0);
        let tx_px = half_range(policy.height_shift_fraction, shape.height as f64);
        let ty_px = half_range(policy.width_shift_fraction, shape.width as f64);
        let shear_deg = half_range(policy.shear_deg, 1.0);
        let zoom_factor = factors(policy.zoom_factor);
        let flip_probability = policy.horizontal_flip.unwrap_or(0.0);
        let contrast_factor = factors(policy.contrast_factor);
        let padding = policy.crop_padding_px.unwrap_or(0);
        let (alternates, random_erasing) = (policy.alternating_flip, policy.random_erasing);
        let streams = Streams::new(policy.seed, PURPOSE, u64::from(copy));
        let coins = Streams::new(policy.seed, FLIP_PURPOSE, 0);
        ids.iter().map(move |&id| {
            let mut generator = streams.id(u64::from(id));
            let mut unit = || generator.random::<f64>();
            let mut uniform = |(from, to): (f64, f64)| (from + (to - from) * unit()) as f32;
            let mut draw = Self {
                rotation_deg: uniform(rotation_deg),
                tx_px: uniform(tx_px),
                ty_px: uniform(ty_px),
                shear_deg: uniform(shear_deg),
                zx_factor: uniform(zoom_factor),
                zy_factor: uniform(zoom_factor),
                flipped: f64::from(uniform((0.0, 1.0))) < flip_probability,
                contrast_factor: uniform(contrast_factor),
                ..Self::identity()
            };
            if alternates {
                let is_heads = coins.id(u64::from(id)).random::<f64>() < 0.5;
                draw.flipped = is_heads != (copy % 2 == 1);
            }
            [draw.crop_y_px, draw.crop_x_px] = crop::draw(padding, &mut unit);
            if let Some(erasing) = &random_erasing {
                draw.erased = erasing::draw(erasing, shape, &mut unit);
                draw.noise = (erasing.fill == ErasingFill::Noise).then(|| unit().to_bits());
            }
            draw
        })
    }

    /// The part that is one warp.
    pub fn affine_parameters(&self) -> AffineParameters {
        AffineParameters {
            rotation_deg: f64::from(self.rotation_deg),
            tx_px: f64::from(self.tx_px),
            ty_px: f64::from(self.ty_px),
            shear_deg: f64::from(self.shear_deg),
            zx_factor: f64::from(self.zx_factor),
            zy_factor: f64::from(self.zy_factor),
        }
    }
}

/// One column for each parameter that `policy` draws.
pub fn columns(policy: &Policy, draws: &[Draw]) -> Vec<(FieldRef, ArrayRef)> {
    let mut columns: Vec<(FieldRef, ArrayRef)> = Vec::new();
    let mut add = |drawn: bool, name: &str, values: &dyn Fn() -> ArrayRef| {
        if drawn {
            let values = values();
            let field = Field::new(name, values.data_type().clone(), false);
            columns.push((Arc::new(field), values));
        }
    };
    let floats = |parameter: fn(&Draw) -> f32| {
        move || Arc::new(Float32Array::from_iter_values(draws.iter().map(parameter))) as ArrayRef
    };
    let zoomed = policy.zoom_factor.is_some();
    add(
        policy.rotation_deg.is_some(),
        "rotation_deg",
        &floats(|draw| draw.rotation_deg),
    );
    add(
        policy.height_shift_fraction.is_some(),
        "tx_px",
        &floats(|draw| draw.tx_px),
    );
    add(
        policy.width_shift_fraction.is_some(),
        "ty_px",
        &floats(|draw| draw.ty_px),
    );
    add(
        policy.shear_deg.is_some(),
        "shear_deg",
        &floats(|draw| draw.shear_deg),
    );
    add(zoomed, "zx_factor", &floats(|draw| draw.zx_factor));
    add(zoomed, "zy_factor", &floats(|draw| draw.zy_factor));
    let flips = policy.horizontal_flip.is_some() || policy.alternating_flip;
    add(flips, "flipped", &|| {
        Arc::new(BooleanArray::from_iter(
            draws.iter().map(|draw| Some(draw.flipped)),
        ))
    });
    add(
        policy.contrast_factor.is_some(),
        "contrast_factor",
        &floats(|draw| draw.contrast_factor),
    );
    let pixels = |parameter: fn(&Draw) -> i32| {
        move || Arc::new(Int32Array::from_iter_values(draws.iter().map(parameter))) as ArrayRef
    };
    let side = |of: fn(Rectangle) -> usize| {
        move || {
            let sides = draws.iter().map(|draw| draw.erased.map_or(0, of) as i32);
            Arc::new(Int32Array::from_iter_values(sides)) as ArrayRef
        }
    };
    let crops = policy.crop_padding_px.is_some();
    add(crops, "crop_x_px", &pixels(|draw| draw.crop_x_px));
    add(crops, "crop_y_px", &pixels(|draw| draw.crop_y_px));
    let erases = policy.random_erasing.is_some();
    add(erases, "erased_x_px", &side(|erased| erased.x));
    add(erases, "erased_y_px", &side(|erased| erased.y));
    add(erases, "erased_width_px", &side(|erased| erased.width));
    add(erases, "erased_height_px", &side(|erased| erased.height));
    columns
}
