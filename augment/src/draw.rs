//! The random parameters of one image in one epoch.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float32Array};
use arrow_schema::{Field, FieldRef};
use pipelines::random::Streams;
use pipelines::spec::Policy;
use pipelines::spec::dataset_info::ImageShape;
use rand::RngExt;

use crate::affine::AffineParameters;

/// Name of the streams of random numbers.
const PURPOSE: &str = "augment";

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
        }
    }

    /// The parameters of copy `copy` of each image in `ids`, all of `shape`.
    ///
    /// Eight numbers u in 0..1 are taken for each image, always all of them and always in the order
    /// of the fields (Keras's order: rotation, tx, ty, shear, zx, zy), so that turning one transform
    /// off leaves the others as they were.
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
        let streams = Streams::new(policy.seed, PURPOSE, u64::from(copy));
        ids.iter().map(move |&id| {
            let mut generator = streams.id(u64::from(id));
            let mut unit = || generator.random::<f64>();
            let mut uniform = |(from, to): (f64, f64)| (from + (to - from) * unit()) as f32;
            Self {
                rotation_deg: uniform(rotation_deg),
                tx_px: uniform(tx_px),
                ty_px: uniform(ty_px),
                shear_deg: uniform(shear_deg),
                zx_factor: uniform(zoom_factor),
                zy_factor: uniform(zoom_factor),
                flipped: f64::from(uniform((0.0, 1.0))) < flip_probability,
                contrast_factor: uniform(contrast_factor),
            }
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
    add(policy.horizontal_flip.is_some(), "flipped", &|| {
        Arc::new(BooleanArray::from_iter(
            draws.iter().map(|draw| Some(draw.flipped)),
        ))
    });
    add(
        policy.contrast_factor.is_some(),
        "contrast_factor",
        &floats(|draw| draw.contrast_factor),
    );
    columns
}
