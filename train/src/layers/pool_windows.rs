use anyhow::Result;
use dfdx::{shapes::HasShape, tensor::CpuError};

use super::Batch;
use crate::kernels::window::{Padding, Windows};

/// The windows of a pooling layer, all inside the map: (height, width) of one and of the step to
/// the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PoolWindows {
    pub(super) size: [usize; 2],
    pub(super) stride: [usize; 2],
}

impl PoolWindows {
    /// See [`super::Layer::output_shape`].
    pub(super) fn output_shape(&self, [height, width, channels]: [usize; 3]) -> Result<[usize; 3]> {
        let [height, width] = self.over(1, [height, width])?.output;
        Ok([height, width, channels])
    }

    /// Those over the maps of `x`, and the shape of the result.
    pub(super) fn of(&self, x: &Batch) -> Result<(Windows, [usize; 4]), CpuError> {
        let &(images, height, width, channels) = x.shape();
        let windows = self
            .over(images, [height, width])
            .map_err(|_| CpuError::WrongNumElements)?;
        let [height, width] = windows.output;
        Ok((windows, [images, height, width, channels]))
    }

    fn over(&self, images: usize, map: [usize; 2]) -> Result<Windows> {
        Windows::new(images, map, self.size, self.stride, Padding::Valid)
    }
}
