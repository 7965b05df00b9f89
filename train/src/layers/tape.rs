use dfdx::{
    optim::UnusedTensors,
    shapes::Shape,
    tensor::{Cpu, CpuError, Gradients, Tensor},
};

/// Keeps the gradient of `tensor` at the end of this and of later backward passes. Gradients that
/// are not kept are dropped right here.
pub(super) fn keep_gradient<S: Shape>(
    gradients: &mut Gradients<f32, Cpu>,
    tensor: &Tensor<S, f32, Cpu>,
) {
    // dfdx gives out a tensor's id only by this list.
    let mut kept = UnusedTensors::default();
    kept.add(tensor);
    gradients.retain_leafs(&kept.ids);
}

/// What has a gradient among dfdx's.
pub(super) trait HasGradient {
    /// Where it is; `None` if nobody wants it.
    fn place<'g>(
        &self,
        gradients: &'g mut Gradients<f32, Cpu>,
    ) -> Result<Option<&'g mut Vec<f32>>, CpuError>;
}

impl<S: Shape> HasGradient for Tensor<S, f32, Cpu> {
    fn place<'g>(
        &self,
        gradients: &'g mut Gradients<f32, Cpu>,
    ) -> Result<Option<&'g mut Vec<f32>>, CpuError> {
        Ok(Some(gradients.get_or_alloc_mut(self)?))
    }
}

impl<T: HasGradient> HasGradient for Option<&T> {
    fn place<'g>(
        &self,
        gradients: &'g mut Gradients<f32, Cpu>,
    ) -> Result<Option<&'g mut Vec<f32>>, CpuError> {
        match self {
            Some(tensor) => tensor.place(gradients),
            None => Ok(None),
        }
    }
}

/// Lends the gradients of several tensors at once, those that nobody wants as empty slices. What
/// they hold before is theirs from earlier in this pass, or left from earlier steps.
///
/// # Errors
/// If there is no memory for them.
pub(super) fn with_gradients<const N: usize, R>(
    gradients: &mut Gradients<f32, Cpu>,
    tensors: [&dyn HasGradient; N],
    use_them: impl FnOnce([&mut [f32]; N]) -> R,
) -> Result<R, CpuError> {
    // dfdx lends one at a time: each is taken out of its place and put back at the end.
    let mut taken = [const { Vec::new() }; N];
    for (taken, tensor) in taken.iter_mut().zip(tensors) {
        if let Some(place) = tensor.place(gradients)? {
            *taken = std::mem::take(place);
        }
    }
    let result = use_them(taken.each_mut().map(Vec::as_mut_slice));
    for (taken, tensor) in taken.into_iter().zip(tensors) {
        if let Some(place) = tensor.place(gradients)? {
            *place = taken;
        }
    }
    Ok(result)
}
