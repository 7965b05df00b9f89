//! 3 x 3 convolution of one-channel images, with its bias, ReLU and 2 x 2 max pooling in one pass.
//!
//! With one input channel a convolution is bound by memory, not by arithmetic: its map is the
//! largest of a network. Here a 4 x 4 patch of the image makes the four outputs of a pooling
//! window in registers, and only the chosen value and two bits of position are written.

mod backward;
mod filter;
mod forward;

pub use backward::{Backward, PooledGradient, backward};
pub use forward::{Forward, forward};

/// The shapes of the convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneChannelShape {
    /// Images.
    pub batch: usize,
    /// (height, width) of an image, at least 4 x 4.
    pub input: [usize; 2],
    /// Channels of the result.
    pub channels: usize,
}

/// Images of a task; sums over the batch are taken group by group.
const GROUP: usize = 4;

impl OneChannelShape {
    /// Values of the input.
    pub fn input_len(&self) -> usize {
        self.batch * self.input[0] * self.input[1]
    }

    /// Values of the pooled result, (N, pooled height, pooled width, channels).
    pub fn pooled_len(&self) -> usize {
        self.batch * self.pooled()[0] * self.pooled()[1] * self.channels
    }

    /// Groups of images, for [`Forward::sums`].
    pub fn groups(&self) -> usize {
        self.batch.div_ceil(GROUP)
    }

    /// (height, width) of the convolution's map.
    pub fn map(&self) -> [usize; 2] {
        self.input.map(|size| size - 2)
    }

    /// (height, width) of the pooled map.
    pub fn pooled(&self) -> [usize; 2] {
        self.map().map(|size| size / 2)
    }

    fn images(&self, group: usize) -> std::ops::Range<usize> {
        group * GROUP..self.batch.min((group + 1) * GROUP)
    }

    fn check(&self, x: &[f32], kernel: &[f32], bias: &[f32]) {
        assert!(self.input[0] >= 4 && self.input[1] >= 4);
        assert_eq!(x.len(), self.input_len());
        assert_eq!(kernel.len(), 9 * self.channels);
        assert_eq!(bias.len(), self.channels);
    }
}

/// Outputs in the last row or column of an odd map, which belong to no window.
#[inline(always)]
fn for_each_unpooled(shape: &OneChannelShape, mut visit: impl FnMut(usize, usize)) {
    let ([height, width], pooled) = (shape.map(), shape.pooled());
    for row in 0..height {
        for column in 0..width {
            if row >= 2 * pooled[0] || column >= 2 * pooled[1] {
                visit(row, column);
            }
        }
    }
}
