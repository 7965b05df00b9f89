//! The layers that a network is built from at run time.
//!
//! Each file is a layer: a struct that implements [`Layer`] with the plain functions of
//! [`crate::kernels`] and records its backward operation in a
//! [`TrainingPass`](crate::autograd::TrainingPass). Containers ([`Sequence`], [`Residual`]) are
//! layers, so that they nest.
//!
//! # Data
//! A batch is a [`Tensor`](crate::autograd::Tensor) of shape (images, height, width, channels),
//! channels innermost as in Keras. Dense layers give (images, 1, 1, features) and read any batch as
//! (images, height * width * channels).
//!
//! # Parameters
//! [`Layer::parameters`] lists the [`Parameter`]s in Keras's shapes: convolution kernels (height,
//! width, in, out), dense kernels (in, out). Their names are PyTorch's, as in files: `weight`,
//! `bias`, `running_mean`, `running_var`. New layers hold zeros (batch normalisation: Keras's
//! initial values); the network draws the initial kernels.
//!
//! # Fusion
//! [`fuse`] replaces neighbours by layers that do the same in one pass: `Conv2d`, `BatchNorm2d` and
//! `MaxPool2d` become one [`ConvBlock`], and a [`Residual`] layer trains two of these as one where it can.
//! The parameters are the same in the same order, so names and files do not change.

mod activation;
mod average_pool2d;
mod batch_norm2d;
mod conv2d;
mod conv_block;
mod dense;
mod depthwise_conv2d;
mod dropout;
mod flatten;
mod fusion;
mod global_average_pool2d;
mod global_max_pool2d;
mod layer;
mod layer_norm;
mod max_pool2d;
mod parameter;
mod pool_windows;
mod recycler;
mod rescaling;
mod residual;
mod sequence;
mod softmax_cross_entropy;

pub use activation::Activation;
pub use average_pool2d::AveragePool2d;
pub use batch_norm2d::BatchNorm2d;
pub use conv_block::ConvBlock;
pub use conv2d::Conv2d;
pub use dense::Dense;
pub use depthwise_conv2d::DepthwiseConv2d;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use fusion::fuse;
pub use global_average_pool2d::GlobalAveragePool2d;
pub use global_max_pool2d::GlobalMaxPool2d;
pub use layer::Layer;
pub use layer_norm::LayerNorm;
pub use max_pool2d::MaxPool2d;
pub use parameter::{Parameter, ParameterKind, parameter_gradients};
pub use rescaling::Rescaling;
pub use residual::Residual;
pub use sequence::Sequence;
pub use softmax_cross_entropy::softmax_cross_entropy;
