//! Which pictures become negatives.

use std::path::Path;

use anyhow::Result;
use ingest::unlabelled::Group;
use pipelines::files::layout::TRAIN_FILE;
use pipelines::spec::dataset_info::ImageShape;
use pipelines::stage_program::Inversion;
use pipelines::tables::background::Background;
use pipelines::tables::images::Images;

/// Training images that are looked at to find their background.
const LOOKED_AT: usize = 1_000;

/// Turns pictures into what the model was trained on.
pub enum Inverter {
    /// All are turned.
    Always,
    /// None is turned.
    Never,
    /// Those with another background are turned.
    To(Background),
}

impl Inverter {
    /// What `when` asks for, given the training images in the folder `ingested`.
    ///
    /// # Errors
    /// Training images that cannot be read.
    pub fn new(when: Inversion, ingested: &Path) -> Result<Self> {
        Ok(match when {
            Inversion::Always => Self::Always,
            Inversion::Never => Self::Never,
            Inversion::Auto => {
                let images = Images::read_first(ingested, TRAIN_FILE, LOOKED_AT)?;
                Background::of_all(&images).map_or(Self::Never, Self::To)
            }
        })
    }

    /// Inverts those images of `group`, of `shape`, that have to be, and says which. Rows of a data set
    /// are left as they are unless all are to be turned.
    pub fn apply(&self, group: &mut Group, shape: ImageShape) -> Vec<bool> {
        let are_pictures = group.are_pictures;
        let images = group.pixels.chunks_exact_mut(shape.len());
        images
            .map(|image| {
                let is_inverted = match self {
                    Self::Always => true,
                    Self::Never => false,
                    Self::To(background) => {
                        are_pictures && Background::of(image, shape) != *background
                    }
                };
                if is_inverted {
                    invert(image, shape);
                }
                is_inverted
            })
            .collect()
    }
}

/// 255 minus each level; opacity, the second or fourth channel, stays.
fn invert(image: &mut [u8], shape: ImageShape) {
    let opaque = shape.channels % 2 == 1;
    for pixel in image.chunks_exact_mut(shape.channels) {
        let colours = if opaque { pixel.len() } else { pixel.len() - 1 };
        for level in &mut pixel[..colours] {
            *level = 255 - *level;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(are_pictures: bool) -> Group {
        Group {
            names: vec!["dark".into(), "light".into()],
            pixels: vec![0, 40, 255, 215],
            are_pictures,
        }
    }

    #[test]
    fn pictures_with_another_background_are_inverted_and_rows_of_a_data_set_are_not() {
        let shape = ImageShape::new(1, 2, 1);
        let inverter = Inverter::To(Background::Dark);
        let mut pictures = group(true);
        assert_eq!(inverter.apply(&mut pictures, shape), [false, true]);
        assert_eq!(pictures.pixels, [0, 40, 0, 40]);
        let mut rows = group(false);
        assert_eq!(inverter.apply(&mut rows, shape), [false, false]);
        assert_eq!(Inverter::Always.apply(&mut rows, shape), [true, true]);
        assert_eq!(rows.pixels, [255, 215, 0, 40]);
    }

    #[test]
    fn opacity_stays() {
        let mut group = Group {
            names: vec!["one".into()],
            pixels: vec![10, 20, 30, 40],
            are_pictures: true,
        };
        Inverter::Always.apply(&mut group, ImageShape::new(1, 1, 4));
        assert_eq!(group.pixels, [245, 235, 225, 40]);
    }
}
