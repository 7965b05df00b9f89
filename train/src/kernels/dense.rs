//! Dense layers: x · W + b.

use rayon::prelude::*;

use super::{
    gemm::{Gemm, Left, Segments, Start},
    scratch::with_scratch,
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
                relu,
            }
            .run();
        });
}

/// The gradients of [`forward`] from that of its result, `dy`. `y` is the result when it went
/// through a ReLU. The input's gradient is added to `dx`, the kernel's and the bias's are written.
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
            Some(y) => {
                for ((masked, dy), y) in masked.iter_mut().zip(dy).zip(y) {
                    *masked = if *y > 0.0 { *dy } else { 0.0 };
                }
            }
            None => masked.copy_from_slice(dy),
        }
        let masked = &*masked;
        dbias.fill(0.0);
        for row in masked.chunks(outputs) {
            for (sum, value) in dbias.iter_mut().zip(row) {
                *sum += value;
            }
        }
        dkernel
            .par_chunks_mut(ROWS * outputs)
            .enumerate()
            .with_min_len(shape.least_chunks())
            .for_each(|(group, dkernel)| {
                Gemm {
                    shape: (dkernel.len() / outputs, outputs, shape.batch),
                    a: Left::transposed(&x[group * ROWS..], inputs),
                    b: masked,
                    b_stride: outputs,
                    c: dkernel,
                    c_stride: outputs,
                    segments: Segments::ONE,
                    start: Start::Zero,
                    relu: false,
                }
                .run();
            });
        if let Some(dx) = dx {
            with_scratch(kernel.len(), |transposed| {
                transpose(kernel, inputs, outputs, transposed);
                let transposed = &*transposed;
                dx.par_chunks_mut(ROWS * inputs)
                    .zip(masked.par_chunks(ROWS * outputs))
                    .with_min_len(shape.least_chunks())
                    .for_each(|(dx, masked)| {
                        Gemm {
                            shape: (masked.len() / outputs, inputs, outputs),
                            a: Left::rows(masked, outputs),
                            b: transposed,
                            b_stride: inputs,
                            c: dx,
                            c_stride: inputs,
                            segments: Segments::ONE,
                            start: Start::Accumulate,
                            relu: false,
                        }
                        .run();
                    });
            });
        }
    });
}

/// Rows of a task.
const ROWS: usize = 32;

/// Multiply-accumulates that one thread does in some ten microseconds.
const SMALL_MACS: usize = 1 << 20;
