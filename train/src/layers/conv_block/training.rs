use super::{ConvBlock, Kernel, Outputs, Plan};
use crate::autograd::{Tensor, TrainingPass};
use crate::kernels::{
    batch_norm::{BatchStatistics, InputGradient},
    one_channel_conv2d::{self, PooledGradient},
    winograd::{Backward, OutputGradient},
};
use crate::layers::parameter::or_unused;

impl ConvBlock {
    /// Without normalisation: what pooling chose is the result.
    pub(super) fn train_plain(
        &mut self,
        plan: &Plan,
        x: Tensor,
        pass: &mut TrainingPass,
    ) -> Tensor {
        let mut y = self.output.take(self.result_shape(plan));
        let outputs = self.run(plan, &x, true, y.values_mut());
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
                    x: x.values(),
                    factors_transposed: &factors.transposed,
                    gradient: OutputGradient::Pooled {
                        dy,
                        winner: &winner,
                    },
                    dx: x.needs_gradient().then_some(dx),
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
        let mut chosen = self.convolution.buffers.take(self.pooled_len(plan));
        let outputs = self.run(plan, &x, true, &mut chosen);
        let mut y = self.output.take(self.result_shape(plan));
        let is_pooled = self.is_pooled;
        let rows = plan.shape.windows.batch * plan.wanted[0] * plan.wanted[1];
        let statistics = BatchStatistics::from_sums(plan.shape.out_channels, rows, &outputs.sums);
        let Some(norm) = &mut self.norm else {
            unreachable!("called for blocks with normalisation only");
        };
        norm.update_running(&statistics, pass.running_momentum());
        let normalised = if is_pooled { &chosen } else { &outputs.map };
        let affine = norm.normalisation(&statistics);
        let (epsilon, activation) = (norm.epsilon, norm.activation);
        affine.then(activation).forward(normalised, y.values_mut());
        let relu = self.convolution.is_relu();
        let (weight, bias) = (&self.convolution.weight, &self.convolution.bias);
        let inputs = [
            x.variable(),
            norm.weight.variable(),
            norm.bias.variable(),
            weight.variable(),
            bias.variable(),
        ];
        let [x, gamma, _, weight, bias] = inputs.map(Clone::clone);
        let kernel = plan.kernel;
        let (buffers, bytes) = (self.convolution.buffers.clone(), self.bytes.clone());
        let out = plan.shape.out_channels;
        let backward = move |dy: &mut [f32], gradients: [&mut [f32]; 5]| {
            let [dx, dgamma, dbeta, dweight, dbias] = gradients;
            let mut unused = [Vec::new(), Vec::new(), Vec::new()];
            let [for_gamma, for_beta, for_bias] = &mut unused;
            let dgamma = or_unused(dgamma, out, for_gamma);
            let dbeta = or_unused(dbeta, out, for_beta);
            let dbias = or_unused(dbias, out, for_bias);
            let Outputs {
                map,
                winner,
                factors,
                ..
            } = outputs;
            let normalised = if is_pooled { &chosen } else { &map };
            let activated = affine.then(activation);
            activated.backward(&statistics, epsilon, normalised, dy, dgamma, dbeta);
            let through =
                InputGradient::new(&statistics, epsilon, rows, gamma.values(), dgamma, dbeta);
            match kernel {
                Kernel::OneChannel(shape) => one_channel_conv2d::backward(
                    &shape,
                    one_channel_conv2d::Backward {
                        x: x.values(),
                        kernel: weight.values(),
                        bias: bias.values(),
                        dy,
                        winner: &winner,
                        gradient: PooledGradient::Normalised {
                            dy_factor: &through.dy_factor,
                            map_factor: &through.x_factor,
                            constant: &through.constant,
                        },
                        dkernel: dweight,
                        dbias,
                    },
                ),
                Kernel::Winograd(winograd) => winograd.backward(Backward {
                    x: x.values(),
                    factors_transposed: &factors.transposed,
                    gradient: OutputGradient::Normalised {
                        dy,
                        winner: is_pooled.then_some(&winner),
                        map: &map,
                        relu,
                        dy_factor: &through.dy_factor,
                        map_factor: &through.x_factor,
                        constant: &through.constant,
                    },
                    dx: x.needs_gradient().then_some(dx),
                    dkernel: dweight,
                    dbias,
                }),
            }
            factors.give_back(&buffers);
            buffers.give(map);
            buffers.give(chosen);
            bytes.give(winner);
        };
        pass.record(&mut self.output, y, inputs, backward)
    }
}
