use dfdx::{
    shapes::{HasShape, Shape},
    tensor::{Cpu, CpuError, Gradients},
};

use super::{Batch, batch::lasting_tensor, tape::keep_gradient, values, values_mut};

/// The results of a layer's training passes, whose memory is used again from step to step.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// At most [`SHAPES`], one a shape.
    kept: Vec<Batch>,
    /// Batches made so far.
    made: usize,
}

/// The result of a training pass.
pub(super) struct Written {
    pub(super) y: Batch,
    /// Whether its gradient should stay from this step on. Those of the first shapes do; if there
    /// are more, keeping them all would fill the memory.
    is_new: bool,
}

impl Written {
    /// Makes the gradient stay. To be called first in the backward pass: it drops gradients that
    /// do not.
    pub(super) fn keep_gradient(&self, gradients: &mut Gradients<f32, Cpu>) {
        if self.is_new {
            keep_gradient(gradients, &self.y);
        }
    }
}

/// The whole batches of an epoch have one shape, its last one may have another.
const SHAPES: usize = 2;

impl Output {
    /// A batch of `shape` that `write` fills; what it holds before is left from earlier uses.
    pub(super) fn write(
        &mut self,
        shape: [usize; 4],
        write: impl FnOnce(&mut [f32]),
    ) -> Result<Written, CpuError> {
        let [images, height, width, channels] = shape;
        let shape = (images, height, width, channels);
        let is_fitting = |y: &Batch| *y.shape() == shape;
        let kept = self.kept.iter().position(is_fitting);
        let kept = kept.map(|index| self.kept.swap_remove(index));
        let (mut y, is_new) = match kept.and_then(unique) {
            Some(y) => (y, false),
            None => {
                self.made += 1;
                let y = lasting_tensor(vec![0.0; shape.num_elements()], shape)?;
                (y, self.made <= SHAPES)
            }
        };
        write(values_mut(&mut y));
        if self.kept.len() == SHAPES {
            self.kept.remove(0);
        }
        self.kept.push(y.clone());
        Ok(Written { y, is_new })
    }
}

/// The batch, if nobody else holds it any more. If somebody does, dfdx moves the values to fresh
/// storage before they can be changed.
fn unique(mut y: Batch) -> Option<Batch> {
    let before = values(&y).as_ptr();
    let after = values_mut(&mut y).as_ptr();
    std::ptr::eq(before, after).then_some(y)
}
