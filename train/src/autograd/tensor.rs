use anyhow::{Result, ensure};

use super::Variable;

/// A batch of images, or of the maps that layers make of them: (images, height, width, channels),
/// row-major. Clones share values and gradient.
#[derive(Clone, Debug)]
pub struct Tensor {
    variable: Variable,
    shape: [usize; 4],
}

impl Tensor {
    /// A tensor that takes over `values`; its gradient is not computed.
    ///
    /// # Errors
    /// If the number of values is not the product of `shape`.
    pub fn new(values: Vec<f32>, shape: [usize; 4]) -> Result<Self> {
        check_len(values.len(), shape)?;
        Ok(Self {
            variable: Variable::new(values, false),
            shape,
        })
    }

    /// `variable` has as many values as `shape` says.
    pub(super) fn from_variable(variable: Variable, shape: [usize; 4]) -> Self {
        Self { variable, shape }
    }

    /// The same, but backward passes compute its gradient.
    pub fn with_gradient(mut self) -> Self {
        self.variable.set_needs_gradient(true);
        self
    }

    /// (images, height, width, channels).
    pub fn shape(&self) -> [usize; 4] {
        self.shape
    }

    /// Number of images.
    pub fn images(&self) -> usize {
        self.shape[0]
    }

    /// (height, width, channels) of one image.
    pub fn image_shape(&self) -> [usize; 3] {
        let [_, height, width, channels] = self.shape;
        [height, width, channels]
    }

    /// The values.
    pub fn values(&self) -> &[f32] {
        self.variable.values()
    }

    /// The values, to be changed. If a clone shares them, they are copied first.
    pub fn values_mut(&mut self) -> &mut [f32] {
        self.variable.values_mut()
    }

    /// Whether a backward pass computes the gradient.
    pub fn needs_gradient(&self) -> bool {
        self.variable.needs_gradient()
    }

    /// The values and their gradient, without the shape.
    pub fn variable(&self) -> &Variable {
        &self.variable
    }

    pub(super) fn variable_mut(&mut self) -> &mut Variable {
        &mut self.variable
    }

    /// The same values and the same gradient in another shape.
    ///
    /// # Errors
    /// If the shapes have different numbers of values.
    pub fn reshape(self, shape: [usize; 4]) -> Result<Self> {
        check_len(self.values().len(), shape)?;
        Ok(Self { shape, ..self })
    }
}

fn check_len(found: usize, shape: [usize; 4]) -> Result<()> {
    let expected: usize = shape.iter().product();
    let [images, height, width, channels] = shape;
    ensure!(
        found == expected,
        "expected {expected} values for shape {images}x{height}x{width}x{channels}, found {found}"
    );
    Ok(())
}
