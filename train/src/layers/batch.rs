use dfdx::{
    shapes::Shape,
    tensor::{Cache, Cpu, CpuError, NoneTape, OwnedTape, Tensor},
};

pub use crate::kernels::tensor_slice::{values, values_mut};

use crate::kernels::tensor_slice::from_vec;

/// A batch of images or of the maps that layers make of them: (images, height, width, channels).
pub type Batch<T = NoneTape> = Tensor<(usize, usize, usize, usize), f32, Cpu, T>;

/// The tape of a batch that is trained on.
pub type Taped = OwnedTape<f32, Cpu>;

thread_local! {
    // One for all: making a device allocates a random generator.
    static DEVICE: Cpu = Cpu::default();
    /// Keeps the memory of what it made for what comes next.
    static KEEPING_DEVICE: Cpu = {
        let device = Cpu::default();
        device.enable_cache();
        device
    };
}

/// A batch of shape (images, height, width, channels) from its values in that order, not copied.
///
/// # Errors
/// If the number of values is not the product of `shape`.
pub fn batch(values: Vec<f32>, shape: [usize; 4]) -> Result<Batch, CpuError> {
    let [images, height, width, channels] = shape;
    tensor(values, (images, height, width, channels))
}

/// A tensor that takes over `values`. Its memory and that of its gradient go back to the system.
pub(super) fn tensor<S: Shape>(
    values: Vec<f32>,
    shape: S,
) -> Result<Tensor<S, f32, Cpu>, CpuError> {
    DEVICE.with(|device| from_vec(device, values, shape))
}

/// As [`tensor`], for one that stays: dfdx keeps the memory of its gradients for the next step.
/// (It would keep that of the tensor, too, so this is not for tensors that come and go.)
pub(super) fn lasting_tensor<S: Shape>(
    values: Vec<f32>,
    shape: S,
) -> Result<Tensor<S, f32, Cpu>, CpuError> {
    KEEPING_DEVICE.with(|device| from_vec(device, values, shape))
}

/// Gives back what dfdx keeps for this thread when it is dropped. dfdx itself never does, so that
/// one network after another would fill the memory.
#[derive(Debug)]
pub struct KeptMemory;

impl Drop for KeptMemory {
    fn drop(&mut self) {
        // At the end of a thread the device may be gone already, and what it kept is out of reach.
        let _ = KEEPING_DEVICE.try_with(Cpu::try_empty_cache);
    }
}
