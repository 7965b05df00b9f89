use std::any::Any;

use anyhow::Result;
use pipelines::spec::Activation;

use super::{Residual, check_shapes};
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::{batch_norm::residual, winograd::Input};
use crate::layers::{ConvBlock, Layer};

/// The training of torchvision's `BasicBlock` without a projection: two convolutions with batch
/// normalisation, a ReLU between them and one behind the sum with the input.
///
/// Its maps are often too large for the caches, so they go to memory as rarely as they can: no normalised map
/// is written, because the second convolution normalises what it reads and the sum does so again; the gradient
/// of the sum, which is that of both branches, is made in place; and the first convolution adds the shortcut's
/// gradient while it writes its own. Every number is that of the layers one by one, unless a third layer reads the
/// same input, whose gradient is then a sum in another order.
pub(super) struct BasicBlock<'a> {
    first: &'a mut ConvBlock,
    second: &'a mut ConvBlock,
    output: &'a mut Output,
}

impl Residual {
    /// Whether it has the layers of one.
    pub(super) fn is_basic_block(&self) -> bool {
        let is_normalised = |layer: &dyn Layer, activation| {
            let layer: &dyn Any = layer;
            let block = layer.downcast_ref::<ConvBlock>();
            block.is_some_and(|block| block.is_normalised(activation))
        };
        match self.layers.layers() {
            [first, second] => {
                self.shortcut.layers().is_empty()
                    && self.activation == Activation::Relu
                    && is_normalised(first.as_ref(), Activation::Relu)
                    && is_normalised(second.as_ref(), Activation::Linear)
            }
            _ => false,
        }
    }

    /// If it has the layers of one.
    pub(super) fn basic_block(&mut self) -> Option<BasicBlock<'_>> {
        if !self.is_basic_block() {
            return None;
        }
        let [first, second] = self.layers.layers_mut() else {
            return None;
        };
        let [first, second] = [first, second].map(|layer| {
            let layer: &mut dyn Any = layer.as_mut();
            layer.downcast_mut()
        });
        Some(BasicBlock {
            first: first?,
            second: second?,
            output: &mut self.output,
        })
    }
}

impl BasicBlock<'_> {
    pub(super) fn forward_training(self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let Self {
            first,
            second,
            output,
        } = self;
        let momentum = pass.running_momentum();
        let plan = first.plan(x.shape(), true)?;
        let between = first.result_shape(&plan);
        let needs_dx = x.needs_gradient();
        let first = first.normalise(&plan, x.values().into(), needs_dx, momentum);
        let plan = second.plan(between, true)?;
        let shape = check_shapes(second.result_shape(&plan), x.shape())?;
        let input = Input {
            values: first.values(),
            normalised: Some(&first.affine),
        };
        let second = second.normalise(&plan, input, true, momentum);
        let mut y = output.take(shape);
        residual::forward(&second.affine, second.values(), x.values(), y.values_mut());
        let [gamma, beta, weight, bias] = &first.variables.clone();
        let [second_gamma, second_beta, second_weight, second_bias] = &second.variables.clone();
        let inputs = [
            x.variable(),
            gamma,
            beta,
            weight,
            bias,
            second_gamma,
            second_beta,
            second_weight,
            second_bias,
        ];
        let (x, result) = (x.clone(), y.clone());
        let backward = move |dy: &mut [f32], gradients: [&mut [f32]; 9]| {
            let [dx, dgamma, dbeta, dkernel, dbias, gradients @ ..] = gradients;
            let mut unused = Default::default();
            let gradients = second.gradients(gradients, &mut unused);
            residual::backward(
                &second.statistics,
                second.epsilon,
                second.values(),
                result.values(),
                dy,
                gradients.dgamma,
                gradients.dbeta,
            );
            let input = Input {
                values: first.values(),
                normalised: Some(&first.affine),
            };
            let buffers = first.buffers.clone();
            let mut between = buffers.take(first.values().len());
            second.backward(input, dy, gradients, (Some(&mut between), None));

            let mut unused = Default::default();
            let mut gradients = first.gradients([dgamma, dbeta, dkernel, dbias], &mut unused);
            first.activation_backward(&mut between, &mut gradients);
            let (dx, other_dx) = match needs_dx {
                true => (Some(dx), Some(&*dy)),
                false => (None, None),
            };
            first.backward(x.values().into(), &between, gradients, (dx, other_dx));
            buffers.give(between);
        };
        Ok(pass.record(output, y, inputs, backward))
    }
}
