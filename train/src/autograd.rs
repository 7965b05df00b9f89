//! Arrays with gradients, and the tape that computes the gradients. This is the only module that
//! knows dfdx.
//!
//! A [`Variable`] is an array of `f32` that may have a gradient; a [`Tensor`] is a variable with a
//! shape. dfdx's tape holds the backward operations of a [`TrainingPass`], and dfdx's gradients
//! hold the memory of the gradients. The values themselves lie in plain vectors, because dfdx 0.13
//! does not lend the values of a tensor as a slice.
//!
//! # A training pass
//! 1. `Gradients::new(variables)` makes the gradients of the parameters; they are used again in
//!    every step.
//! 2. `TrainingPass::new(gradients, step_key)` begins the pass.
//! 3. Each layer takes memory from its [`Output`], writes its result there, and calls
//!    [`TrainingPass::record`] with its inputs and its backward operation.
//! 4. [`TrainingPass::backward`] runs the operations in reverse order and returns the gradients.
//!
//! # Sums of gradients
//! A backward operation *writes* the gradients of its inputs. If a variable is read by several
//! layers, the tape adds the gradients up: the operation that runs first (that of the layer that
//! read the variable last) writes, and each later one is added. The order is that of the
//! operations and never that of threads.

mod gradients;
mod output;
mod tensor;
mod training_pass;
mod variable;

pub use dfdx::flush_denormals_to_zero;
pub use gradients::Gradients;
pub use output::Output;
pub use tensor::Tensor;
pub use training_pass::TrainingPass;
pub use variable::Variable;
