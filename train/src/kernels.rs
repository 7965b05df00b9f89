//! The arithmetic of training as plain functions on slices.
//!
//! Images and maps are (N, H, W, C), channels innermost; convolution kernels (kernel height,
//! kernel width, in, out) and dense kernels (in, out), as Keras has them. Every function gives
//! the same bytes for any number of threads: work is cut into groups by shape alone, and sums over
//! the batch are taken in the order of the groups.

pub mod activation;
pub mod average_pool2d;
pub mod batch_norm;
pub mod conv2d;
pub mod dense;
pub mod depthwise_conv2d;
pub mod dropout;
pub mod elementwise;
pub mod gemm;
pub mod global_pool2d;
mod lanes;
pub mod layer_norm;
mod masked;
pub mod max_pool2d;
pub mod one_channel_conv2d;
pub mod rescale;
pub(crate) mod scratch;
mod shared_slice;
pub mod simd;
pub mod softmax_cross_entropy;
pub mod special_functions;
pub mod transpose;
mod unroll;
pub mod window;
pub mod winograd;

/// Stands for the position of a pooling window's winner where the ReLU before it gave zero, so that no
/// gradient goes back.
pub const NO_WINNER: u8 = 4;
