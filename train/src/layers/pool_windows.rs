use anyhow::Result;

use crate::autograd::Tensor;
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
        let [height, width] = self.over_maps(1, [height, width])?.output;
        Ok([height, width, channels])
    }

    /// The windows over the maps of `x`, and the shape of the result.
    pub(super) fn over(&self, x: &Tensor) -> Result<(Windows, [usize; 4])> {
        let [images, height, width, channels] = x.shape();
        let windows = self.over_maps(images, [height, width])?;
        let [height, width] = windows.output;
        Ok((windows, [images, height, width, channels]))
    }

    fn over_maps(&self, images: usize, map: [usize; 2]) -> Result<Windows> {
        Windows::new(images, map, self.size, self.stride, Padding::Valid)
    }
}
