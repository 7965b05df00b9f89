//! Keras's own numbers. The files under `reference/` were written with keras 3.15 by
//!
//! ```python
//! from keras.src.legacy.preprocessing.image import apply_affine_transform
//! o = apply_affine_transform(img.astype(np.float32)[..., None], row_axis=0, col_axis=1,
//!                            channel_axis=2, fill_mode="nearest", order=1,
//!                            theta=…, tx=…, ty=…, shear=…, zx=…, zy=…)[..., 0]
//! mean = img.mean(axis=(1, 2), keepdims=True)
//! adjusted = np.clip((img - mean) * factor[:, None, None] + mean, 0, 255)
//! ```
//!
//! over 24 images, four for each parameter alone and four for all of them together.

use augment::affine::{Affine, AffineParameters, Warper};
use augment::contrast;
use augment::{crop, erasing};
use pipelines::spec::RandomErasing;
use pipelines::spec::dataset_info::ImageShape;
use safetensors::SafeTensors;

/// Largest allowed difference, in grey levels.
const TOLERANCE: f32 = 1e-3;
const SHAPE: ImageShape = ImageShape::new(28, 28, 1);
const IMAGE_BYTES: usize = 28 * 28;

fn f32s(bytes: &[u8]) -> Vec<f32> {
    let words = bytes.as_chunks().0.iter();
    words.map(|word| f32::from_le_bytes(*word)).collect()
}

fn f64s(bytes: &[u8]) -> Vec<f64> {
    let words = bytes.as_chunks().0.iter();
    words.map(|word| f64::from_le_bytes(*word)).collect()
}

fn largest_difference(found: &[f32], expected: &[f32]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let pairs = found.iter().zip(expected);
    pairs
        .map(|(found, expected)| (found - expected).abs())
        .fold(0.0, f32::max)
}

#[test]
fn warped_images_equal_those_of_keras() {
    let file = SafeTensors::deserialize(include_bytes!("reference/affine.safetensors")).unwrap();
    let images = file.tensor("image").unwrap();
    let expected = f32s(file.tensor("transformed").unwrap().data());
    let parameters = f64s(file.tensor("theta_tx_ty_shear_zx_zy").unwrap().data());
    let cases = images
        .data()
        .chunks_exact(IMAGE_BYTES)
        .zip(expected.chunks_exact(IMAGE_BYTES))
        .zip(parameters.as_chunks::<6>().0);
    assert_eq!(cases.len(), 24);
    for ((image, expected), &[rotation_deg, tx_px, ty_px, shear_deg, zx_factor, zy_factor]) in cases
    {
        let parameters = AffineParameters {
            rotation_deg,
            tx_px,
            ty_px,
            shear_deg,
            zx_factor,
            zy_factor,
        };
        let mut warped = [0.0; IMAGE_BYTES];
        Warper::new(SHAPE).warp(&Affine::new(&parameters, SHAPE), image, &mut warped);
        let difference = largest_difference(&warped, expected);
        assert!(difference < TOLERANCE, "{difference} at {parameters:?}");
    }
}

#[test]
fn adjusted_contrast_equals_that_of_keras() {
    let file = SafeTensors::deserialize(include_bytes!("reference/contrast.safetensors")).unwrap();
    let images = file.tensor("image").unwrap();
    let expected = f32s(file.tensor("adjusted").unwrap().data());
    let factors = f64s(file.tensor("factor").unwrap().data());
    let cases = images
        .data()
        .chunks_exact(IMAGE_BYTES)
        .zip(expected.chunks_exact(IMAGE_BYTES))
        .zip(factors);
    assert_eq!(cases.len(), 8);
    for ((image, expected), factor) in cases {
        let mut pixels: Vec<f32> = image.iter().map(|&pixel| f32::from(pixel)).collect();
        contrast::adjust(&mut pixels, SHAPE.channels, factor as f32);
        let difference = largest_difference(&pixels, expected);
        assert!(difference < TOLERANCE, "{difference} at {factor}");
    }
}

/// `keras.layers.RandomContrast` on an image of (height, width, channels):
///
/// ```python
/// x = np.array([[[10, 200, 30], [250, 60, 70]], [[80, 90, 100], [0, 255, 128]]], dtype=np.float32)
/// mean = x.mean(axis=0, keepdims=True).mean(axis=1, keepdims=True)
/// np.clip((x - mean) * 1.5 + mean, 0, 255).ravel()
/// ```
#[test]
fn contrast_of_colour_is_adjusted_about_the_mean_of_each_channel() {
    let mut pixels = [
        10.0, 200.0, 30.0, 250.0, 60.0, 70.0, 80.0, 90.0, 100.0, 0.0, 255.0, 128.0,
    ];
    contrast::adjust(&mut pixels, 3, 1.5);
    let expected = [
        0.0, 224.375, 4.0, 255.0, 14.375, 64.0, 77.5, 59.375, 109.0, 0.0, 255.0, 151.0,
    ];
    let difference = largest_difference(&pixels, &expected);
    assert!(difference < TOLERANCE, "{difference}");
}

/// 11 rows of 9 pixels of 3 channels, see `reference/make_reference.py`.
const COLOUR: ImageShape = ImageShape::new(11, 9, 3);
const CROP_ERASING: &[u8] = include_bytes!("reference/crop_erasing.safetensors");

fn i32s(bytes: &[u8]) -> Vec<i32> {
    let words = bytes.as_chunks().0.iter();
    words.map(|word| i32::from_le_bytes(*word)).collect()
}

#[test]
fn random_crops_equal_those_of_torchvision() {
    let file = SafeTensors::deserialize(CROP_ERASING).unwrap();
    let units = f64s(file.tensor("crop_unit").unwrap().data());
    let places = i32s(file.tensor("crop_y_x").unwrap().data());
    let images = file.tensor("image").unwrap();
    let expected = file.tensor("cropped").unwrap();
    let cases = images.data().chunks_exact(COLOUR.len());
    assert_eq!(cases.len(), 16);
    for (index, image) in cases.enumerate() {
        let mut units = units[2 * index..].iter().copied();
        let place = crop::draw(3, || units.next().unwrap());
        assert_eq!(place, places[2 * index..2 * index + 2]);
        let mut cropped = vec![99; COLOUR.len()];
        crop::crop(COLOUR, place, image, &mut cropped);
        assert_eq!(
            cropped,
            expected.data()[index * COLOUR.len()..][..COLOUR.len()]
        );
    }
}

#[test]
fn random_erasings_equal_those_of_torchvision() {
    let file = SafeTensors::deserialize(CROP_ERASING).unwrap();
    let units = f64s(file.tensor("erasing_unit").unwrap().data());
    let places = i32s(file.tensor("erased_y_x_height_width").unwrap().data());
    let images = file.tensor("image").unwrap();
    let expected = file.tensor("erased").unwrap();
    let mut count = 0;
    for (index, image) in images.data().chunks_exact(COLOUR.len()).enumerate() {
        let mut units = units[43 * index..].iter().copied();
        let erasing = RandomErasing::default();
        let drawn = erasing::draw(&erasing, COLOUR, || units.next().unwrap());
        let found = drawn.map_or([0; 4], |r| [r.y, r.x, r.height, r.width].map(|v| v as i32));
        assert_eq!(found, places[4 * index..4 * index + 4]);
        let mut erased = image.to_vec();
        if let Some(rectangle) = drawn {
            erasing::erase(rectangle, None, COLOUR, &mut erased);
            count += 1;
        }
        assert_eq!(
            erased,
            expected.data()[index * COLOUR.len()..][..COLOUR.len()]
        );
    }
    assert_eq!(count, 8);
}
