//! What a model takes an image for.

/// One image with its probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// The file, and the row where it has more than one image.
    pub name: String,
    /// Of each class, in the order of their labels; their sum is 1.
    pub probabilities: Vec<f32>,
    /// Whether the image was turned into its negative.
    pub is_inverted: bool,
    /// The image as the model sees it before it is normalised, (H, W, C).
    pub image: Vec<u8>,
}

impl Prediction {
    /// The labels from the most to the least probable; of equals the first comes first.
    pub fn ranking(&self) -> Vec<u16> {
        let mut labels: Vec<u16> = (0..self.probabilities.len() as u16).collect();
        labels.sort_by(|a, b| {
            let [a, b] = [a, b].map(|label| self.probabilities[usize::from(*label)]);
            b.total_cmp(&a)
        });
        labels
    }
}
