use dfdx::tensor::{Cpu, Storage};

/// Takes a gradient out of its place among dfdx's, so that several can be used at once. One that
/// later operations need goes back by [`return_gradient`].
pub(super) fn take_gradient(slot: &mut <Cpu as Storage<f32>>::Vec) -> Vec<f32> {
    std::mem::take(&mut **slot)
}

/// Puts back what [`take_gradient`] took.
pub(super) fn return_gradient(slot: &mut <Cpu as Storage<f32>>::Vec, gradient: Vec<f32>) {
    **slot = gradient;
}
