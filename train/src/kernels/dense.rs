//! Dense layers: x · W + b.

// Tasks write to columns of their own.
#![allow(unsafe_code)]

use rayon::prelude::*;

use super::{
    activation::relu_backward,
    gemm::{Batch, Gemm, Left, Segments, Start},
    scratch::with_scratch,
    shared_slice::SharedSlice,
    transpose::transpose,
};

/// The shapes of a dense layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DenseShape {
    /// Rows.
    pub batch: usize,
    /// Features of a row.
    pub inputs: usize,
    /// Features of a row of the result.
    pub outputs: usize,
}

impl DenseShape {
    /// Chunks that a thread takes at least: all of a small product, which would take less time
    /// than waking another thread.
    fn least_chunks(&self) -> usize {
        match self.batch * self.inputs * self.outputs < SMALL_MACS {
            true => usize::MAX,
            false => 1,
        }
    }
}

/// y = x · kernel + bias, then a ReLU if `relu`. x (batch, inputs), kernel (inputs, outputs), bias
/// (outputs), y (batch, outputs).
pub fn forward(
    shape: &DenseShape,
    x: &[f32],
    kernel: &[f32],
    bias: &[f32],
    relu: bool,
    y: &mut [f32],
) {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    assert_eq!(x.len(), shape.batch * inputs);
    assert_eq!(y.len(), shape.batch * outputs);
    y.par_chunks_mut(ROWS * outputs)
        .zip(x.par_chunks(ROWS * inputs))
        .with_min_len(shape.least_chunks())
        .for_each(|(y, x)| {
            Gemm {
                shape: (x.len() / inputs, outputs, inputs),
                a: Left::rows(x, inputs),
                b: kernel,
                b_stride: outputs,
                c: y,
                c_stride: outputs,
                segments: Segments::ONE,
                start: Start::Bias(bias),
                batch: Batch::ONE,
                relu,
            }
            .run();
        });
}

/// The gradients of [`forward`] from that of its result, `dy`. `y` is the result when it went
/// through a ReLU. All gradients are written.
#[expect(clippy::too_many_arguments, reason = "three operands, three gradients")]
pub fn backward(
    shape: &DenseShape,
    x: &[f32],
    kernel: &[f32],
    y: Option<&[f32]>,
    dy: &[f32],
    dx: Option<&mut [f32]>,
    dkernel: &mut [f32],
    dbias: &mut [f32],
) {
    let (inputs, outputs) = (shape.inputs, shape.outputs);
    assert_eq!(dy.len(), shape.batch * outputs);
    assert_eq!(dkernel.len(), inputs * outputs);
    with_scratch(dy.len(), |masked| {
        match y {
            Some(y) => relu_backward(y, dy, masked),
            None => masked.copy_from_slice(dy),
        }
        let masked = &*masked;
        dbias.fill(0.0);
        for row in masked.chunks(outputs) {
            for (sum, value) in dbias.iter_mut().zip(row) {
                *sum += value;
            }
        }
        let dx = dx.map(|dx| {
            assert_eq!(dx.len(), shape.batch * inputs);
            SharedSlice::new(dx)
        });
        dkernel
            .par_chunks_mut(FEATURES * outputs)
            .zip(kernel.par_chunks(FEATURES * outputs))
            .enumerate()
            .with_min_len(shape.least_chunks())
            .for_each(|(group, (dkernel, kernel))| {
                let first = group * FEATURES;
                let features = dkernel.len() / outputs;
                Gemm {
                    shape: (features, outputs, shape.batch),
                    a: Left::transposed(&x[first..], inputs),
                    b: masked,
                    b_stride: outputs,
                    c: dkernel,
                    c_stride: outputs,
                    segments: Segments::ONE,
                    start: Start::Zero,
                    batch: Batch::ONE,
                    relu: false,
                }
                .run();
                if let Some(dx) = dx {
                    input_gradient(shape, first, kernel, masked, dx);
                }
            });
    });
}

/// Writes the gradient of the features from `first` on that the rows of `kernel` belong to.
fn input_gradient(
    shape: &DenseShape,
    first: usize,
    kernel: &[f32],
    dy: &[f32],
    dx: SharedSlice<'_, f32>,
) {
    let outputs = shape.outputs;
    let features = kernel.len() / outputs;
    with_scratch(kernel.len() + shape.batch * features, |scratch| {
        let (transposed, products) = scratch.split_at_mut(kernel.len());
        transpose(kernel, features, outputs, transposed);
        Gemm {
            shape: (shape.batch, features, outputs),
            a: Left::rows(dy, outputs),
            b: transposed,
            b_stride: features,
            c: products,
            c_stride: features,
            segments: Segments::ONE,
            start: Start::Zero,
            batch: Batch::ONE,
            relu: false,
        }
        .run();
        for (row, products) in products.chunks(features).enumerate() {
            // SAFETY: each group has features of its own.
            let dx = unsafe { dx.part(row * shape.inputs + first, features) };
            dx.copy_from_slice(products);
        }
    });
}

/// Features of a task: the columns of a block of registers.
const FEATURES: usize = 64;

/// Rows of a task.
const ROWS: usize = 32;

/// Multiply-accumulates that one thread does in some ten microseconds.
const SMALL_MACS: usize = 1 << 20;
