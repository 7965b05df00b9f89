//! Windows over maps, for convolution and pooling.

use anyhow::{Result, ensure};

/// How a convolution treats the border, as Keras's `padding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Windows lie inside the image.
    Valid,
    /// ceil(size / stride) windows, zeros outside the image, the odd one below and to the right.
    Same,
}

/// Windows over a batch of maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Images in the batch.
    pub batch: usize,
    /// (height, width) of the maps.
    pub input: [usize; 2],
    /// (height, width) of the result.
    pub output: [usize; 2],
    /// (height, width) of a window.
    pub size: [usize; 2],
    /// From one window to the next, down and to the right.
    pub stride: [usize; 2],
    /// Rows of zeros above and columns of zeros to the left.
    pub before: [usize; 2],
}

impl Windows {
    /// The windows of the given size over `batch` maps of (height, width) `input`.
    ///
    /// # Errors
    /// If a size is zero or the window is larger than the map.
    pub fn new(
        batch: usize,
        input: [usize; 2],
        size: [usize; 2],
        stride: [usize; 2],
        padding: Padding,
    ) -> Result<Self> {
        ensure!(
            size.iter().chain(&stride).all(|&v| v > 0),
            "expected a window and a stride of at least 1, found window {size:?}, stride {stride:?}"
        );
        let mut output = [0; 2];
        let mut before = [0; 2];
        for axis in 0..2 {
            match padding {
                Padding::Valid => {
                    ensure!(
                        size[axis] <= input[axis],
                        "expected a map of at least {}x{}, found {}x{}",
                        size[0],
                        size[1],
                        input[0],
                        input[1]
                    );
                    output[axis] = (input[axis] - size[axis]) / stride[axis] + 1;
                }
                Padding::Same => {
                    ensure!(input[axis] > 0, "expected a map, found an empty one");
                    output[axis] = input[axis].div_ceil(stride[axis]);
                    let covered = (output[axis] - 1) * stride[axis] + size[axis];
                    before[axis] = covered.saturating_sub(input[axis]) / 2;
                }
            }
        }
        Ok(Self {
            batch,
            input,
            output,
            size,
            stride,
            before,
        })
    }

    /// Positions of a map.
    pub fn input_area(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// Positions of the result.
    pub fn output_area(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Positions of a window.
    pub fn window_area(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// The position in the map that lies under row `down` and column `right` of the window at
    /// `output`, unless it is in the padding.
    pub fn position(&self, output: [usize; 2], down: usize, right: usize) -> Option<usize> {
        let row = (output[0] * self.stride[0] + down).checked_sub(self.before[0])?;
        let column = (output[1] * self.stride[1] + right).checked_sub(self.before[1])?;
        (row < self.input[0] && column < self.input[1]).then(|| row * self.input[1] + column)
    }
}
