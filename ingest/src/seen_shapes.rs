//! The sizes and channels of pictures, from which the shape of a data set follows where the spec
//! leaves it open.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use pipelines::spec::Data;
use pipelines::spec::dataset_info::ImageShape;

use crate::damaged_images::DamagedImages;
use crate::picture::{Damage, Properties};

/// What is known of the pictures that were looked at.
#[derive(Debug, Default)]
pub struct SeenShapes {
    /// Number of pictures of each height and width, and the first of their names.
    sizes: BTreeMap<[usize; 2], (usize, String)>,
    has_colour: bool,
    damaged: DamagedImages,
}

impl SeenShapes {
    /// The shape that `data` gives, or `None` when the pictures have to be looked at.
    pub fn given(data: &Data) -> Option<ImageShape> {
        let [height, width] = data.image_size?;
        Some(ImageShape::new(height, width, data.channels?))
    }

    /// Adds the picture called `name`.
    pub fn add(&mut self, name: &str, found: Result<Properties, Damage>) {
        match found {
            Ok(properties) => {
                self.has_colour |= properties.channels >= 3;
                self.add_size(properties.size, 1, name);
            }
            Err(damage) => self.damaged.add(name, &damage),
        }
    }

    fn add_size(&mut self, size: [usize; 2], count: usize, name: &str) {
        let (pictures, first) = self
            .sizes
            .entry(size)
            .or_insert_with(|| (0, name.to_owned()));
        *pictures += count;
        if name < first.as_str() {
            name.clone_into(first);
        }
    }

    /// Those of both.
    pub fn merge(mut self, other: Self) -> Self {
        for (size, (count, name)) in other.sizes {
            self.add_size(size, count, &name);
        }
        self.has_colour |= other.has_colour;
        self.damaged.append(other.damaged);
        self
    }

    /// Pictures of each height and width.
    pub fn sizes(&self) -> impl Iterator<Item = ([usize; 2], usize)> {
        self.sizes.iter().map(|(size, (count, _))| (*size, *count))
    }

    /// The shape of the images at `path`: what `data` gives, and for the rest what the pictures have:
    /// one channel if all are grey and three otherwise, without opacity.
    ///
    /// # Errors
    /// Damaged pictures; pictures of different sizes if `data` gives none.
    pub fn shape(self, data: &Data, path: &Path) -> Result<ImageShape> {
        if !self.damaged.is_empty() {
            return Err(self.damaged.into());
        }
        let mut sizes = self.sizes.iter();
        let size = match (data.image_size, sizes.next(), sizes.next()) {
            (Some(size), ..) => size,
            (None, Some((size, _)), None) => *size,
            (None, Some((a, (_, a_name))), Some((b, (_, b_name)))) => bail!(
                "{}: expected images of one size, found {} sizes, such as {}x{} in {a_name} and {}x{} \
                 in {b_name}; give `image_size`, and the images are resized to it",
                path.display(),
                self.sizes.len(),
                a[0],
                a[1],
                b[0],
                b[1]
            ),
            (None, None, _) => bail!("{}: expected images, found none", path.display()),
        };
        let channels = data.channels.unwrap_or(if self.has_colour { 3 } else { 1 });
        Ok(ImageShape::new(size[0], size[1], channels))
    }
}
