use dfdx::{
    optim::UnusedTensors,
    shapes::Shape,
    tensor::{Cpu, Gradients, Storage, Tensor},
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

/// Takes a gradient out of its place among dfdx's, so that several can be used at once. One that
/// later operations need goes back by [`return_gradient`].
pub(super) fn take_gradient(slot: &mut <Cpu as Storage<f32>>::Vec) -> Vec<f32> {
    std::mem::take(&mut **slot)
}

/// Puts back what [`take_gradient`] took.
pub(super) fn return_gradient(slot: &mut <Cpu as Storage<f32>>::Vec, gradient: Vec<f32>) {
    **slot = gradient;
}
