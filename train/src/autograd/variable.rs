use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use dfdx::tensor::{Cpu, CpuError, Gradients, TensorFromVec};

/// An array of `f32` that may have a gradient. Clones share values and gradient.
#[derive(Clone, Debug)]
pub struct Variable {
    values: Arc<Vec<f32>>,
    gradient: Arc<GradientKey>,
    needs_gradient: bool,
}

impl Variable {
    /// A variable of its own with these values.
    pub fn new(values: Vec<f32>, needs_gradient: bool) -> Self {
        Self {
            gradient: Arc::new(GradientKey::new(values.len())),
            values: Arc::new(values),
            needs_gradient,
        }
    }

    /// The values.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The values, to be changed. If a clone shares them, they are copied first.
    pub fn values_mut(&mut self) -> &mut [f32] {
        Arc::<Vec<f32>>::make_mut(&mut self.values)
    }

    /// Whether a backward pass computes the gradient.
    pub fn needs_gradient(&self) -> bool {
        self.needs_gradient
    }

    pub(super) fn set_needs_gradient(&mut self, needs_gradient: bool) {
        self.needs_gradient = needs_gradient;
    }

    /// Whether no clone shares the values.
    pub(super) fn is_unique(&mut self) -> bool {
        Arc::get_mut(&mut self.values).is_some()
    }

    pub(super) fn gradient_key(&self) -> &Arc<GradientKey> {
        &self.gradient
    }
}

/// The name under which dfdx keeps the gradient of a variable.
#[derive(Debug)]
pub(super) struct GradientKey {
    /// It has no values, only an identity.
    pub(super) tensor: dfdx::tensor::Tensor<(usize,), f32, Cpu>,
    pub(super) len: usize,
    /// Number of the last pass that wrote the gradient; 0 before the first.
    written_in: AtomicU64,
}

/// Making a device allocates a random number generator, so there is one for all.
pub(super) static DEVICE: LazyLock<Cpu> = LazyLock::new(Cpu::default);

impl GradientKey {
    fn new(len: usize) -> Self {
        Self {
            tensor: DEVICE.tensor_from_vec(Vec::new(), (0,)),
            len,
            written_in: AtomicU64::new(0),
        }
    }

    pub(super) fn is_written_in(&self, pass: u64) -> bool {
        self.written_in.load(Ordering::Relaxed) == pass
    }

    /// Notes that `pass` has written the gradient; returns whether it had done so before.
    pub(super) fn mark_written_in(&self, pass: u64) -> bool {
        self.written_in.swap(pass, Ordering::Relaxed) == pass
    }

    /// The gradient, zero if there is none yet.
    pub(super) fn gradient<'g>(
        &self,
        gradients: &'g mut Gradients<f32, Cpu>,
    ) -> Result<&'g mut Vec<f32>, CpuError> {
        let gradient = self.place(gradients)?;
        // dfdx makes it as long as its tensor, which is empty.
        gradient.resize(self.len, 0.0);
        Ok(gradient)
    }

    /// Where dfdx keeps the gradient: empty while there is none and while it is moved out.
    pub(super) fn place<'g>(
        &self,
        gradients: &'g mut Gradients<f32, Cpu>,
    ) -> Result<&'g mut Vec<f32>, CpuError> {
        Ok(gradients.get_or_alloc_mut(&self.tensor)?)
    }
}
