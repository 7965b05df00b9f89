//! The kernels against direct implementations in f64 and against finite differences.

mod activation;
mod assert_close;
mod average_pool2d;
mod batch_norm;
mod conv2d;
mod dense;
mod depthwise_conv2d;
mod direct;
mod dropout;
mod elementwise;
mod finite_difference;
mod gemm;
mod global_pool2d;
mod instruction_sets;
mod layer_norm;
mod max_pool2d;
mod numbers;
mod one_channel_conv2d;
mod softmax_cross_entropy;
mod threads;
mod weighted;
mod winograd;
