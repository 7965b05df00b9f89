//! What the keys of a spec do to a training step, on small networks.

mod clipping;
mod gradients;
mod model;
mod repeat;
mod weight_average;
mod weight_decay;

#[path = "../kernels/finite_difference.rs"]
mod finite_difference;
#[path = "../kernels/numbers.rs"]
mod numbers;
