//! The layers a network is built from at run time, as dfdx tape operations over dfdx tensors.
//!
//! dfdx 0.13 has no convolution and no pooling on stable Rust. These layers bring them, and what
//! goes with them: each wraps the plain functions of [`crate::kernels`], takes and gives dfdx
//! tensors, and writes its backward pass on dfdx's tape.
//!
//! # Data
//! A [`Batch`] is a four-dimensional `f32` tensor (images, height, width, channels), channels
//! innermost as in Keras. Dense layers give (images, 1, 1, features) and read any batch as
//! (images, height * width * channels). [`batch`] makes one from a `Vec` without copying,
//! [`values`] and [`values_mut`] see a tensor as a slice.
//!
//! # A training step
//! 1. once: `let mut gradients = layers::parameter_gradients(parameters)`: room for the gradient
//!    of every trainable [`Parameter`], kept from step to step;
//! 2. `let x: Batch<Taped> = batch(...)?.traced(gradients)`;
//! 3. each layer in turn: `x = layer.forward_training(x, step_key)?`;
//! 4. `let loss = softmax_cross_entropy(x, &labels)?`: the mean over the batch, how many rows were
//!    right, and a tensor whose `backward` runs the tape:
//!    `gradients = loss.tensor.try_backward()?`;
//! 5. the optimizer reads `parameter.gradient(&mut gradients)` and changes
//!    `parameter.values_mut()`.
//!
//! Gradients are *written* by the backward pass, not added to, so nothing has to be zeroed between
//! steps. Therefore a layer stands in one place of one network only, and its result goes to one
//! layer only.
//!
//! # Inference
//! `layer.forward(x)` needs no tape: dropout does nothing, batch normalisation uses its running
//! values.
//!
//! # Parameters
//! [`Layer::parameters`] lists name, shape and values, in Keras's shapes: convolution kernels
//! (height, width, in, out), dense kernels (in, out). Names are PyTorch's, as in files: `weight`,
//! `bias`, `running_mean`, `running_var`. Running values are listed with `trainable` false.
//! New layers hold zeros (batch normalisation: Keras's initial values); initialising kernels is
//! the network's part.
//!
//! # Fusing
//! [`fuse`] takes the layers of a network and gives fewer that do the same: `Conv2d`, `BatchNorm2d`
//! and `MaxPool2d` become one [`ConvBlock`], and the first layer is told that nobody needs the
//! gradient of its input. The parameters of the fused layers are those of the simple ones, in the
//! same order, so names and files do not change.

mod average_pool2d;
mod batch;
mod batch_norm2d;
mod conv2d;
mod conv_block;
mod dense;
mod dropout;
mod flatten;
mod fusion;
mod layer;
mod max_pool2d;
mod output;
mod parameter;
mod pool_windows;
mod recycler;
mod softmax_cross_entropy;
mod tape;

pub use average_pool2d::AveragePool2d;
pub use batch::{Batch, KeptMemory, Taped, batch, values, values_mut};
pub use batch_norm2d::BatchNorm2d;
pub use conv_block::ConvBlock;
pub use conv2d::{Activation, Conv2d, Padding};
pub use dense::Dense;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use fusion::fuse;
pub use layer::Layer;
pub use max_pool2d::MaxPool2d;
pub use parameter::{Parameter, parameter_gradients};
pub use softmax_cross_entropy::{BatchLoss, softmax_cross_entropy};
