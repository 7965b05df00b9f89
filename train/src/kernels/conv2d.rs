//! Convolution of any kernel size, stride and padding: windows unrolled into rows (im2col), then
//! matrix products.

use rayon::prelude::*;

use super::{
    gemm::{Gemm, Left, Segments, Start},
    scratch::with_scratch,
    transpose::transpose,
    window::Windows,
};

/// The shapes of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conv2dShape {
    /// Where the kernel lies on the maps.
    pub windows: Windows,
    /// Channels of the input.
    pub in_channels: usize,
    /// Channels of the result.
    pub out_channels: usize,
}

impl Conv2dShape {
    /// Values of the input batch.
    pub fn input_len(&self) -> usize {
        self.windows.batch * self.input_image()
    }

    /// Values of the result.
    pub fn output_len(&self) -> usize {
        self.windows.batch * self.output_image()
    }

    /// Values of the kernel, (kernel height, kernel width, in, out).
    pub fn kernel_len(&self) -> usize {
        self.window_len() * self.out_channels
    }

    /// (N, output height, output width, out).
    pub fn output_shape(&self) -> [usize; 4] {
        let [height, width] = self.windows.output;
        [self.windows.batch, height, width, self.out_channels]
    }

    fn input_image(&self) -> usize {
        self.windows.input_area() * self.in_channels
    }

    fn output_image(&self) -> usize {
        self.windows.output_area() * self.out_channels
    }

    fn window_len(&self) -> usize {
        self.windows.window_area() * self.in_channels
    }
}

/// y = x * kernel + bias, then a ReLU if `relu`. x (N, H, W, in), kernel (kernel height, kernel
/// width, in, out), bias (out), y (N, output height, output width, out).
pub fn forward(
    shape: &Conv2dShape,
    x: &[f32],
    kernel: &[f32],
    bias: &[f32],
    relu: bool,
    y: &mut [f32],
) {
    assert_eq!(x.len(), shape.input_len());
    assert_eq!(kernel.len(), shape.kernel_len());
    assert_eq!(y.len(), shape.output_len());
    let (rows, columns) = (shape.windows.output_area(), shape.window_len());
    y.par_chunks_mut(shape.output_image())
        .zip(x.par_chunks(shape.input_image()))
        .for_each(|(y, x)| {
            with_scratch(rows * columns, |unrolled| {
                unroll(shape, x, unrolled);
                Gemm {
                    shape: (rows, shape.out_channels, columns),
                    a: Left::rows(unrolled, columns),
                    b: kernel,
                    b_stride: shape.out_channels,
                    c: y,
                    c_stride: shape.out_channels,
                    segments: Segments::ONE,
                    start: Start::Bias(bias),
                    relu,
                }
                .run();
            });
        });
}

/// The gradients of [`forward`] from that of its result, `dy`. `y` is the result when it went
/// through a ReLU. All gradients are written.
#[expect(clippy::too_many_arguments, reason = "three operands, three gradients")]
pub fn backward(
    shape: &Conv2dShape,
    x: &[f32],
    kernel: &[f32],
    y: Option<&[f32]>,
    dy: &[f32],
    dx: Option<&mut [f32]>,
    dkernel: &mut [f32],
    dbias: &mut [f32],
) {
    assert_eq!(x.len(), shape.input_len());
    assert_eq!(dy.len(), shape.output_len());
    assert_eq!(dkernel.len(), shape.kernel_len());
    let (rows, columns, out) = (
        shape.windows.output_area(),
        shape.window_len(),
        shape.out_channels,
    );
    let images = shape.windows.batch.div_ceil(GROUPS).max(1);
    let mut transposed = vec![0.0; kernel.len()];
    transpose(kernel, columns, out, &mut transposed);
    // Each group of images sums its own gradient of kernel and bias.
    let sums_len = dkernel.len() + out;
    let group_count = shape.windows.batch.div_ceil(images);
    let mut sums = vec![0.0; group_count * sums_len];
    let input = images * shape.input_image();
    let output = images * shape.output_image();
    let mut empty = [];
    let (dx, dx_group): (&mut [f32], usize) = match dx {
        Some(dx) => {
            assert_eq!(dx.len(), x.len());
            (dx, input)
        }
        None => (&mut empty, 1),
    };
    let mut dx_groups: Vec<Option<&mut [f32]>> = dx.chunks_mut(dx_group).map(Some).collect();
    dx_groups.resize_with(group_count, || None);
    sums.par_chunks_mut(sums_len)
        .zip(dx_groups)
        .enumerate()
        .for_each(|(group, (sums, mut dx))| {
            let (dkernel, dbias) = sums.split_at_mut(kernel.len());
            let x = &x[group * input..shape.input_len().min((group + 1) * input)];
            let range = group * output..shape.output_len().min((group + 1) * output);
            let (y, dy) = (y.map(|y| &y[range.clone()]), &dy[range]);
            with_scratch(rows * columns, |unrolled| {
                with_scratch(rows * out, |masked| {
                    for (image, x) in x.chunks(shape.input_image()).enumerate() {
                        let at = image * rows * out..(image + 1) * rows * out;
                        mask(&dy[at.clone()], y.map(|y| &y[at]), masked);
                        for row in masked.chunks(out) {
                            for (sum, value) in dbias.iter_mut().zip(row) {
                                *sum += value;
                            }
                        }
                        unroll(shape, x, unrolled);
                        Gemm {
                            shape: (columns, out, rows),
                            a: Left::transposed(unrolled, columns),
                            b: masked,
                            b_stride: out,
                            c: dkernel,
                            c_stride: out,
                            segments: Segments::ONE,
                            start: Start::Accumulate,
                            relu: false,
                        }
                        .run();
                        if let Some(dx) = dx.as_deref_mut() {
                            Gemm {
                                shape: (rows, columns, out),
                                a: Left::rows(masked, out),
                                b: &transposed,
                                b_stride: columns,
                                c: unrolled,
                                c_stride: columns,
                                segments: Segments::ONE,
                                start: Start::Zero,
                                relu: false,
                            }
                            .run();
                            let len = shape.input_image();
                            let dx = &mut dx[image * len..(image + 1) * len];
                            dx.fill(0.0);
                            roll(shape, unrolled, dx);
                        }
                    }
                });
            });
        });
    dkernel.fill(0.0);
    dbias.fill(0.0);
    for sums in sums.chunks(sums_len) {
        let (kernel_sum, bias_sum) = sums.split_at(dkernel.len());
        for (total, sum) in dkernel.iter_mut().zip(kernel_sum) {
            *total += sum;
        }
        for (total, sum) in dbias.iter_mut().zip(bias_sum) {
            *total += sum;
        }
    }
}

/// Groups that a batch is cut into for sums over its images.
const GROUPS: usize = 8;

/// `dy` where the ReLU let its input through.
fn mask(dy: &[f32], y: Option<&[f32]>, masked: &mut [f32]) {
    match y {
        Some(y) => {
            for ((masked, dy), y) in masked.iter_mut().zip(dy).zip(y) {
                *masked = if *y > 0.0 { *dy } else { 0.0 };
            }
        }
        None => masked.copy_from_slice(dy),
    }
}

/// Writes one row for each output position: the values under its window, zeros in the padding.
fn unroll(shape: &Conv2dShape, x: &[f32], rows: &mut [f32]) {
    for_each_tap(shape, |row, position| {
        let channels = shape.in_channels;
        let target = &mut rows[row * channels..(row + 1) * channels];
        match position {
            Some(position) => {
                target.copy_from_slice(&x[position * channels..(position + 1) * channels]);
            }
            None => target.fill(0.0),
        }
    });
}

/// Adds each value of the rows to the position that [`unroll`] took it from.
fn roll(shape: &Conv2dShape, rows: &[f32], x: &mut [f32]) {
    for_each_tap(shape, |row, position| {
        let channels = shape.in_channels;
        if let Some(position) = position {
            let target = &mut x[position * channels..(position + 1) * channels];
            for (target, value) in target
                .iter_mut()
                .zip(&rows[row * channels..(row + 1) * channels])
            {
                *target += value;
            }
        }
    });
}

fn for_each_tap(shape: &Conv2dShape, mut visit: impl FnMut(usize, Option<usize>)) {
    let windows = &shape.windows;
    let mut tap = 0;
    for row in 0..windows.output[0] {
        for column in 0..windows.output[1] {
            for down in 0..windows.size[0] {
                for right in 0..windows.size[1] {
                    visit(tap, windows.position([row, column], down, right));
                    tap += 1;
                }
            }
        }
    }
}
