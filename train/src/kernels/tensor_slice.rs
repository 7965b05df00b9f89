//! dfdx tensors as slices, without copying: all that kernels know of dfdx.
#![allow(unsafe_code)]

use dfdx::{
    shapes::{HasShape, Shape},
    tensor::{Cpu, CpuError, Tensor, TensorFromVec},
};

/// A tensor that takes over `values`.
///
/// # Errors
/// If the number of values is not the product of `shape`.
pub fn from_vec<S: Shape>(
    device: &Cpu,
    mut values: Vec<f32>,
    shape: S,
) -> Result<Tensor<S, f32, Cpu>, CpuError> {
    // What `values` and `values_mut` below rely on.
    values.as_mut_ptr().expose_provenance();
    device.try_tensor_from_vec(values, shape)
}

/// The values of a tensor in row-major order.
///
/// # Panics
/// If the tensor is a permuted or broadcast view.
pub fn values<S: Shape, T>(tensor: &Tensor<S, f32, Cpu, T>) -> &[f32] {
    let len = contiguous_len(tensor);
    if len == 0 {
        return &[];
    }
    let first: *const f32 = &tensor[S::Concrete::default()];
    // SAFETY: the tensor's storage is a `Vec<f32>` of at least `len` values whose strides
    // `contiguous_len` found to be those of its shape, so `len` initialised values begin at
    // `first`. They live as long as the tensor is borrowed, and dfdx never changes storage behind
    // a shared reference. dfdx only gives out a reference to one value; the right to read the
    // whole storage is the one that `tensor` exposed when it handed the vector over.
    unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(first.addr()), len) }
}

/// The values of a tensor in row-major order, to be changed. If another tensor shares the
/// storage, it is copied first.
///
/// # Panics
/// If the tensor is a permuted or broadcast view.
pub fn values_mut<S: Shape, T>(tensor: &mut Tensor<S, f32, Cpu, T>) -> &mut [f32] {
    let len = contiguous_len(tensor);
    if len == 0 {
        return &mut [];
    }
    let first: *mut f32 = &mut tensor[S::Concrete::default()];
    // The storage may be a fresh copy, whose provenance nobody has exposed.
    let address = first.expose_provenance();
    // SAFETY: as in `values`; indexing mutably made the storage unique to this tensor, which is
    // borrowed mutably for as long as the slice lives.
    unsafe { std::slice::from_raw_parts_mut(std::ptr::with_exposed_provenance_mut(address), len) }
}

/// The number of values, after a check that they lie in row-major order without gaps.
fn contiguous_len<S: Shape, T>(tensor: &Tensor<S, f32, Cpu, T>) -> usize {
    let shape = tensor.shape().concrete();
    let len: usize = shape.into_iter().product();
    if len == 0 {
        return 0;
    }
    let origin = &raw const tensor[S::Concrete::default()];
    let strides = tensor.shape().strides();
    for (axis, (size, stride)) in shape.into_iter().zip(strides).enumerate() {
        if size > 1 {
            let mut index = S::Concrete::default();
            index[axis] = 1;
            let offset = (&raw const tensor[index]).addr() - origin.addr();
            assert_eq!(
                offset,
                stride * size_of::<f32>(),
                "a permuted or broadcast view is not contiguous"
            );
        }
    }
    len
}
