//! What was done to pictures so that they have the shape of their data set.

use std::ops::AddAssign;

use pipelines::spec::dataset_info::ImageShape;

use crate::picture::Properties;

/// How many pictures were changed, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PictureCounts {
    pictures: usize,
    turned: usize,
    resized: usize,
    to_grey: usize,
    to_colour: usize,
    opacity_dropped: usize,
    opacity_added: usize,
    to_eight_bits: usize,
    palettes: usize,
}

impl PictureCounts {
    /// Of one picture that was brought to `shape`.
    pub fn of(properties: &Properties, shape: ImageShape) -> Self {
        let is_colour = |channels: usize| channels >= 3;
        let has_opacity = |channels: usize| channels.is_multiple_of(2);
        let (from, to) = (properties.channels, shape.channels);
        let count = usize::from;
        Self {
            pictures: 1,
            turned: count(properties.is_turned),
            resized: count(properties.size != [shape.height, shape.width]),
            to_grey: count(is_colour(from) && !is_colour(to)),
            to_colour: count(!is_colour(from) && is_colour(to)),
            opacity_dropped: count(has_opacity(from) && !has_opacity(to)),
            opacity_added: count(!has_opacity(from) && has_opacity(to)),
            to_eight_bits: count(properties.is_deep),
            palettes: count(properties.has_palette),
        }
    }

    /// One sentence for each change: "12 of 1500 images were turned as their EXIF data say".
    pub fn sentences(&self, shape: ImageShape) -> Vec<String> {
        let changes = [
            (self.turned, "were turned as their EXIF data say".to_owned()),
            (
                self.resized,
                format!("were resized to {}x{} pixels", shape.height, shape.width),
            ),
            (self.to_grey, "were in colour and became grey".to_owned()),
            (self.to_colour, "were grey and became colour".to_owned()),
            (
                self.opacity_dropped,
                "had opacity, which was dropped".to_owned(),
            ),
            (
                self.opacity_added,
                "had no opacity and became opaque".to_owned(),
            ),
            (
                self.to_eight_bits,
                "had more than eight bits a value and were rounded".to_owned(),
            ),
            (
                self.palettes,
                "had a palette, which was looked up".to_owned(),
            ),
        ];
        changes
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} of {} images {what}", self.pictures))
            .collect()
    }
}

impl AddAssign for PictureCounts {
    fn add_assign(&mut self, other: Self) {
        self.pictures += other.pictures;
        self.turned += other.turned;
        self.resized += other.resized;
        self.to_grey += other.to_grey;
        self.to_colour += other.to_colour;
        self.opacity_dropped += other.opacity_dropped;
        self.opacity_added += other.opacity_added;
        self.to_eight_bits += other.to_eight_bits;
        self.palettes += other.palettes;
    }
}
