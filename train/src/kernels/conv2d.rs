//! Convolution of any kernel size, stride and padding as matrix products on images as they lie.
//!
//! What lies under a row of a window stands side by side in an image of channels-last layout, and the
//! next window of that row begins `stride * in` values later. So a row of outputs is a product of a matrix
//! with overlapping rows, summed over the rows of the kernel; no window is copied.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    activation::relu_backward,
    gemm::{Batch, Gemm, Left, Segments, Start},
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

    /// (height, width) of an image with the zeros that windows reach into.
    fn padded(&self) -> [usize; 2] {
        let windows = &self.windows;
        [0, 1].map(|axis| {
            let covered = (windows.output[axis] - 1) * windows.stride[axis] + windows.size[axis];
            covered.max(windows.before[axis] + windows.input[axis])
        })
    }

    /// Values of a padded image; none if no image needs padding.
    fn padding_len(&self) -> usize {
        let [height, width] = self.padded();
        match [height, width] == self.windows.input {
            true => 0,
            false => height * width * self.in_channels,
        }
    }

    /// Where the products find their values in a padded image.
    fn rows(&self) -> Rows {
        let Windows {
            output,
            size,
            stride,
            ..
        } = self.windows;
        let line = self.padded()[1] * self.in_channels;
        let (next_row, next) = (stride[0] * line, stride[1] * self.in_channels);
        Rows {
            line,
            next_row,
            next,
            under: size[1] * self.in_channels,
            // Where a row of windows begins as far behind the last window as that behind its
            // neighbour, all rows are one.
            count: if next_row == output[1] * next {
                [1, output[0] * output[1]]
            } else {
                output
            },
        }
    }
}

/// Strides of a padded image, in values.
struct Rows {
    /// From one line of the image to the next.
    line: usize,
    /// From one row of windows to the next.
    next_row: usize,
    /// From one window to the next.
    next: usize,
    /// Values under one row of a window.
    under: usize,
    /// Rows of windows, windows in each.
    count: [usize; 2],
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
    let rows = shape.rows();
    let [count, windows] = rows.count;
    y.par_chunks_mut(shape.output_image())
        .zip(x.par_chunks(shape.input_image()))
        .for_each(|(y, x)| {
            with_scratch(shape.padding_len(), |padded| {
                let x = pad(shape, x, padded);
                Gemm {
                    shape: (windows, shape.out_channels, rows.under),
                    a: Left {
                        values: x,
                        row_stride: rows.next,
                        column_stride: 1,
                    },
                    b: kernel,
                    b_stride: shape.out_channels,
                    c: y,
                    c_stride: shape.out_channels,
                    segments: Segments {
                        count: shape.windows.size[0],
                        a_stride: rows.line,
                        b_stride: rows.under * shape.out_channels,
                    },
                    start: Start::Bias(bias),
                    batch: Batch {
                        count,
                        a_stride: rows.next_row,
                        b_stride: 0,
                        c_stride: windows * shape.out_channels,
                    },
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
    let (area, out) = (shape.windows.output_area(), shape.out_channels);
    let images = shape.windows.batch.div_ceil(GROUPS).max(1);
    let mut transposed = vec![0.0; kernel.len()];
    transpose(kernel, shape.window_len(), out, &mut transposed);
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
            for (image, x) in x.chunks(shape.input_image()).enumerate() {
                let at = image * area * out..(image + 1) * area * out;
                let dy = &dy[at.clone()];
                with_scratch(y.map_or(0, |_| dy.len()), |masked| {
                    let dy = match y {
                        Some(y) => {
                            relu_backward(&y[at], dy, masked);
                            masked
                        }
                        None => dy,
                    };
                    for row in dy.chunks(out) {
                        for (sum, value) in dbias.iter_mut().zip(row) {
                            *sum += value;
                        }
                    }
                    add_kernel_gradient(shape, x, dy, dkernel);
                    if let Some(dx) = dx.as_deref_mut() {
                        let len = shape.input_image();
                        let dx = &mut dx[image * len..(image + 1) * len];
                        input_gradient(shape, &transposed, dy, dx);
                    }
                });
            }
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

/// Adds what an image and the gradient of its outputs add to the kernel's gradient.
fn add_kernel_gradient(shape: &Conv2dShape, x: &[f32], dy: &[f32], dkernel: &mut [f32]) {
    let (rows, out) = (shape.rows(), shape.out_channels);
    let [count, windows] = rows.count;
    with_scratch(shape.padding_len(), |padded| {
        let x = pad(shape, x, padded);
        Gemm {
            shape: (rows.under, out, windows),
            a: Left {
                values: x,
                row_stride: 1,
                column_stride: rows.next,
            },
            b: dy,
            b_stride: out,
            c: dkernel,
            c_stride: out,
            segments: Segments {
                count,
                a_stride: rows.next_row,
                b_stride: windows * out,
            },
            start: Start::Accumulate,
            batch: Batch {
                count: shape.windows.size[0],
                a_stride: rows.line,
                b_stride: 0,
                c_stride: rows.under * out,
            },
            relu: false,
        }
        .run();
    });
}

/// Writes an image's gradient from that of its outputs; `transposed` is the kernel, (out, kernel height *
/// kernel width * in).
fn input_gradient(shape: &Conv2dShape, transposed: &[f32], dy: &[f32], dx: &mut [f32]) {
    let (area, columns) = (shape.windows.output_area(), shape.window_len());
    with_scratch(area * columns, |under_windows| {
        Gemm {
            shape: (area, columns, shape.out_channels),
            a: Left::rows(dy, shape.out_channels),
            b: transposed,
            b_stride: columns,
            c: under_windows,
            c_stride: columns,
            segments: Segments::ONE,
            start: Start::Zero,
            batch: Batch::ONE,
            relu: false,
        }
        .run();
        with_scratch(shape.padding_len(), |padded| {
            if padded.is_empty() {
                add_windows(shape, under_windows, dx);
                return;
            }
            add_windows(shape, under_windows, padded);
            for_each_line(shape, |image, inside| {
                dx[image].copy_from_slice(&padded[inside]);
            });
        });
    });
}

/// Sums the gradients under all windows in a padded image.
fn add_windows(shape: &Conv2dShape, under_windows: &[f32], padded: &mut [f32]) {
    let rows = shape.rows();
    let width = shape.windows.output[1];
    padded.fill(0.0);
    for (window, values) in under_windows.chunks(shape.window_len()).enumerate() {
        let corner = window / width * rows.next_row + window % width * rows.next;
        for (down, values) in values.chunks(rows.under).enumerate() {
            let at = corner + down * rows.line;
            for (sum, value) in padded[at..at + rows.under].iter_mut().zip(values) {
                *sum += value;
            }
        }
    }
}

/// The image with zeros around it where windows reach into them.
fn pad<'a>(shape: &Conv2dShape, x: &'a [f32], padded: &'a mut [f32]) -> &'a [f32] {
    if padded.is_empty() {
        return x;
    }
    padded.fill(0.0);
    for_each_line(shape, |image, inside| {
        padded[inside].copy_from_slice(&x[image])
    });
    padded
}

/// The places of each line in an image and in a padded one.
fn for_each_line(shape: &Conv2dShape, mut visit: impl FnMut(Range<usize>, Range<usize>)) {
    let Windows { input, before, .. } = shape.windows;
    let (line, channels) = (shape.rows().line, shape.in_channels);
    let len = input[1] * channels;
    for row in 0..input[0] {
        let inside = (before[0] + row) * line + before[1] * channels;
        visit(row * len..(row + 1) * len, inside..inside + len);
    }
}
