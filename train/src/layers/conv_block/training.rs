use pipelines::spec::Activation;

use super::{ConvBlock, Kernel, Outputs, Plan};
use crate::autograd::{Tensor, TrainingPass, Variable};
use crate::kernels::{
    batch_norm::{Affine, BatchStatistics, InputGradient},
    one_channel_conv2d::{self, PooledGradient},
    winograd::{Backward, Input, OutputGradient},
};
use crate::layers::{parameter::or_unused, recycler::Recycler};

impl ConvBlock {
    /// Without normalisation: what pooling chose is the result.
    pub(super) fn train_plain(
        &mut self,
        plan: &Plan,
        x: Tensor,
        pass: &mut TrainingPass,
    ) -> Tensor {
        let mut y = self.output.take(self.result_shape(plan));
        let (input, needs_input_gradient) = (x.values().into(), x.needs_gradient());
        let outputs = self.run(plan, input, needs_input_gradient, true, y.values_mut());
        let (weight, bias) = (&self.convolution.weight, &self.convolution.bias);
        let inputs = [x.variable(), weight.variable(), bias.variable()];
        let [x, weight, bias] = inputs.map(Clone::clone);
        let kernel = plan.kernel;
        let (buffers, bytes) = (self.convolution.buffers.clone(), self.bytes.clone());
        let out = plan.shape.out_channels;
        let backward = move |dy: &mut [f32], [dx, dweight, dbias]: [&mut [f32]; 3]| {
            let mut unused = Vec::new();
            let dbias = or_unused(dbias, out, &mut unused);
            let Outputs {
                winner, factors, ..
            } = outputs;
            match kernel {
                Kernel::OneChannel(shape) => one_channel_conv2d::backward(
                    &shape,
                    one_channel_conv2d::Backward {
                        x: x.values(),
                        kernel: weight.values(),
                        bias: bias.values(),
                        dy,
                        winner: &winner,
                        gradient: PooledGradient::Plain,
                        dkernel: dweight,
                        dbias,
                    },
                ),
                Kernel::Winograd(winograd) => winograd.backward(Backward {
                    input: x.values().into(),
                    factors_transposed: &factors.transposed,
                    gradient: OutputGradient::Pooled {
                        dy,
                        winner: &winner,
                    },
                    dx: x.needs_gradient().then_some(dx),
                    other_dx: None,
                    dkernel: dweight,
                    dbias,
                }),
            }
            factors.give_back(&buffers);
            bytes.give(winner);
        };
        pass.record(&mut self.output, y, inputs, backward)
    }

    /// With normalisation by the batch's own statistics.
    pub(super) fn train_normalised(
        &mut self,
        plan: &Plan,
        x: Tensor,
        pass: &mut TrainingPass,
    ) -> Tensor {
        let (input, needs_input_gradient) = (x.values().into(), x.needs_gradient());
        let momentum = pass.running_momentum();
        let normalised = self.normalise(plan, input, needs_input_gradient, momentum);
        let mut y = self.output.take(self.result_shape(plan));
        let activated = normalised.affine.then(normalised.activation);
        activated.forward(normalised.values(), y.values_mut());
        let [gamma, beta, weight, bias] = &normalised.variables.clone();
        let inputs = [x.variable(), gamma, beta, weight, bias];
        let x = x.variable().clone();
        let backward = move |dy: &mut [f32], [dx, gradients @ ..]: [&mut [f32]; 5]| {
            let mut unused = Default::default();
            let mut gradients = normalised.gradients(gradients, &mut unused);
            normalised.activation_backward(dy, &mut gradients);
            let dx = x.needs_gradient().then_some(dx);
            normalised.backward(x.values().into(), dy, gradients, (dx, None));
        };
        pass.record(&mut self.output, y, inputs, backward)
    }

    /// Convolution of `input`, and the statistics of its outputs, towards which the running values move.
    pub(in crate::layers) fn normalise(
        &mut self,
        plan: &Plan,
        input: Input<'_>,
        needs_input_gradient: bool,
        running_momentum: Option<f32>,
    ) -> Normalised {
        let buffers = self.convolution.buffers.clone();
        let mut chosen = buffers.take(self.pooled_len(plan));
        let outputs = self.run(plan, input, needs_input_gradient, true, &mut chosen);
        let rows = plan.shape.windows.batch * plan.wanted[0] * plan.wanted[1];
        let statistics = BatchStatistics::from_sums(plan.shape.out_channels, rows, &outputs.sums);
        let Some(norm) = &mut self.norm else {
            unreachable!("called for blocks with normalisation only");
        };
        norm.update_running(&statistics, running_momentum);
        Normalised {
            kernel: plan.kernel,
            is_pooled: self.is_pooled,
            relu: self.convolution.is_relu(),
            rows,
            chosen,
            outputs,
            affine: norm.normalisation(&statistics),
            statistics,
            epsilon: norm.epsilon,
            activation: norm.activation,
            variables: [
                &norm.weight,
                &norm.bias,
                &self.convolution.weight,
                &self.convolution.bias,
            ]
            .map(|parameter| parameter.variable().clone()),
            buffers,
            bytes: self.bytes.clone(),
        }
    }
}

/// A convolution whose outputs are about to be normalised, and what its way back needs.
pub(in crate::layers) struct Normalised {
    kernel: Kernel,
    is_pooled: bool,
    /// Whether the convolution has a ReLU.
    relu: bool,
    /// Outputs of each channel.
    rows: usize,
    /// What pooling chose.
    chosen: Vec<f32>,
    outputs: Outputs,
    pub(in crate::layers) statistics: BatchStatistics,
    pub(in crate::layers) affine: Affine,
    pub(in crate::layers) epsilon: f32,
    activation: Activation,
    /// Gamma, beta, kernel and bias.
    pub(in crate::layers) variables: [Variable; 4],
    pub(in crate::layers) buffers: Recycler<f32>,
    bytes: Recycler<u8>,
}

impl Normalised {
    /// What is to be normalised.
    pub(in crate::layers) fn values(&self) -> &[f32] {
        match self.is_pooled {
            true => &self.chosen,
            false => &self.outputs.map,
        }
    }

    /// What a backward operation writes for gamma, beta, kernel and bias. A parameter that is not trained gets
    /// a place in `unused`.
    pub(in crate::layers) fn gradients<'g>(
        &self,
        [dgamma, dbeta, dkernel, dbias]: [&'g mut [f32]; 4],
        [for_gamma, for_beta, for_bias]: &'g mut [Vec<f32>; 3],
    ) -> ParameterGradients<'g> {
        let channels = self.affine.scale.len();
        ParameterGradients {
            dgamma: or_unused(dgamma, channels, for_gamma),
            dbeta: or_unused(dbeta, channels, for_beta),
            dkernel,
            dbias: or_unused(dbias, channels, for_bias),
        }
    }

    /// Turns `dy` into the gradient of the normalised values, and writes those of gamma and beta.
    pub(in crate::layers) fn activation_backward(
        &self,
        dy: &mut [f32],
        gradients: &mut ParameterGradients<'_>,
    ) {
        let activated = self.affine.then(self.activation);
        activated.backward(
            &self.statistics,
            self.epsilon,
            self.values(),
            dy,
            gradients.dgamma,
            gradients.dbeta,
        );
    }

    /// From the gradient of the normalised values, `dy`, and those of gamma and beta to that of the
    /// convolution's input, if it is wanted, with what is added to it.
    pub(in crate::layers) fn backward(
        self,
        input: Input<'_>,
        dy: &[f32],
        gradients: ParameterGradients<'_>,
        (dx, other_dx): (Option<&mut [f32]>, Option<&[f32]>),
    ) {
        let ParameterGradients {
            dgamma,
            dbeta,
            dkernel,
            dbias,
        } = gradients;
        let [gamma, _, weight, bias] = &self.variables;
        let through = InputGradient::new(
            &self.statistics,
            self.epsilon,
            self.rows,
            gamma.values(),
            dgamma,
            dbeta,
        );
        let Outputs {
            map,
            winner,
            factors,
            ..
        } = self.outputs;
        match self.kernel {
            Kernel::OneChannel(shape) => one_channel_conv2d::backward(
                &shape,
                one_channel_conv2d::Backward {
                    x: input.values,
                    kernel: weight.values(),
                    bias: bias.values(),
                    dy,
                    winner: &winner,
                    gradient: PooledGradient::Normalised {
                        dy_factor: &through.dy_factor,
                        map_factor: &through.x_factor,
                        constant: &through.constant,
                    },
                    dkernel,
                    dbias,
                },
            ),
            Kernel::Winograd(winograd) => winograd.backward(Backward {
                input,
                factors_transposed: &factors.transposed,
                gradient: OutputGradient::Normalised {
                    dy,
                    winner: self.is_pooled.then_some(&winner),
                    map: &map,
                    relu: self.relu,
                    dy_factor: &through.dy_factor,
                    map_factor: &through.x_factor,
                    constant: &through.constant,
                },
                dx,
                other_dx,
                dkernel,
                dbias,
            }),
        }
        factors.give_back(&self.buffers);
        self.buffers.give(map);
        self.buffers.give(self.chosen);
        self.bytes.give(winner);
    }
}

/// The gradients of gamma, beta, kernel and bias.
pub(in crate::layers) struct ParameterGradients<'g> {
    pub(in crate::layers) dgamma: &'g mut [f32],
    pub(in crate::layers) dbeta: &'g mut [f32],
    dkernel: &'g mut [f32],
    dbias: &'g mut [f32],
}
