//! Whether images are dark on light or light on dark.

use crate::spec::dataset_info::ImageShape;
use crate::tables::images::Images;

/// Share of the images that must agree for a data set to have one background.
const AGREEMENT: f64 = 0.95;
/// The middle of the levels.
const MIDDLE: u8 = 128;

/// What surrounds the subject of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// At least half of the pixels on the edge are below the middle level.
    Dark,
    /// The others are more.
    Light,
}

impl Background {
    /// Of `image`, (H, W, C) of `shape`: of its first channel.
    pub fn of(image: &[u8], shape: ImageShape) -> Self {
        let (mut light, mut all) = (0, 0);
        for (at, level) in image.iter().step_by(shape.channels).enumerate() {
            let (row, column) = (at / shape.width, at % shape.width);
            let [last_row, last_column] = [shape.height - 1, shape.width - 1];
            if [0, last_row].contains(&row) || [0, last_column].contains(&column) {
                light += usize::from(*level >= MIDDLE);
                all += 1;
            }
        }
        match 2 * light > all {
            true => Self::Light,
            false => Self::Dark,
        }
    }

    /// The one that nearly all of `images` have, if they are grey; colours say nothing about it.
    pub fn of_all(images: &Images) -> Option<Self> {
        let shape = images.info.shape;
        if shape.channels != 1 || images.is_empty() {
            return None;
        }
        let of_row = |row| Self::of(images.image(row), shape);
        let dark = (0..images.len()).filter(|row| of_row(*row) == Self::Dark);
        let share = dark.count() as f64 / images.len() as f64;
        match share {
            share if share >= AGREEMENT => Some(Self::Dark),
            share if share <= 1.0 - AGREEMENT => Some(Self::Light),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::dataset_info::DatasetInfo;
    use crate::tables::split::Split;

    #[test]
    fn the_edge_decides_and_not_the_middle() {
        let shape = ImageShape::new(3, 3, 1);
        let dark = [0, 0, 0, 0, 255, 200, 0, 0, 200];
        assert_eq!(Background::of(&dark, shape), Background::Dark);
        let light = dark.map(|level| 255 - level);
        assert_eq!(Background::of(&light, shape), Background::Light);
    }

    #[test]
    fn a_data_set_has_a_background_if_its_images_agree() {
        let shape = ImageShape::new(1, 1, 1);
        let of = |light: usize, dark: usize| {
            let pixels = [vec![255; light], vec![0; dark]].concat();
            Background::of_all(&Images {
                info: DatasetInfo {
                    shape,
                    class_names: vec!["a".into(), "b".into()],
                },
                ids: (0..pixels.len() as u32).collect(),
                splits: vec![Split::Train; pixels.len()],
                labels: vec![0; pixels.len()],
                pixels: pixels.into(),
                extra: Vec::new(),
            })
        };
        assert_eq!(of(1, 30), Some(Background::Dark));
        assert_eq!(of(30, 1), Some(Background::Light));
        assert_eq!(of(3, 30), None);
        assert_eq!(of(0, 0), None);
    }
}
