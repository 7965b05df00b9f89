use super::{Tensor, Variable};

/// The results of a layer's training passes. Their memory and that of their gradients is used again
/// from step to step.
#[derive(Debug, Default)]
pub struct Output {
    /// At most [`MAX_SHAPES`], one for each shape.
    kept: Vec<Tensor>,
    /// Number of results that were not found among `kept`.
    allocated: usize,
    /// See [`Output::keeps_gradient`].
    keeps_gradient: bool,
}

/// The whole batches of an epoch have one shape, its last one may have another.
const MAX_SHAPES: usize = 2;

impl Output {
    /// A tensor of `shape` for the next result; its values are left over from earlier steps.
    pub fn take(&mut self, shape: [usize; 4]) -> Tensor {
        let fitting = self.kept.iter().position(|y| y.shape() == shape);
        if let Some(index) = fitting {
            let mut y = self.kept.swap_remove(index);
            if y.variable_mut().is_unique() {
                self.keeps_gradient = false;
                return y;
            }
        }
        self.allocated += 1;
        self.keeps_gradient = self.allocated <= MAX_SHAPES;
        let len = shape.iter().product();
        Tensor::from_variable(Variable::new(vec![0.0; len], true), shape)
    }

    /// Whether the gradient of the tensor that was taken last should stay from this step on. Those
    /// of the first shapes do; with more shapes, keeping them all would fill the memory.
    pub(super) fn keeps_gradient(&self) -> bool {
        self.keeps_gradient
    }

    /// Keeps `y` for a later step.
    pub(super) fn keep(&mut self, y: Tensor) {
        if self.kept.len() == MAX_SHAPES {
            self.kept.remove(0);
        }
        self.kept.push(y);
    }
}
