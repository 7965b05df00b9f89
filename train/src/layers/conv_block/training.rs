use dfdx::tensor::{CpuError, PutTape, SplitTape, Tape};

use super::{ConvBlock, Kernel, Outputs, Plan};
use crate::kernels::{
    batch_norm::{self, BatchStatistics, InputGradient},
    one_channel_conv2d::{self, PooledGradient},
    winograd::{Backward, OutputGradient},
};
use crate::layers::{
    Batch, Taped,
    output::Output,
    tape::{HasGradient, with_gradients},
    values,
};

impl ConvBlock {
    /// See [`crate::layers::Layer::forward_training`].
    pub fn forward_training(
        &mut self,
        x: Batch<Taped>,
        _step_key: u64,
    ) -> Result<Batch<Taped>, CpuError> {
        let (x, tape) = x.split_tape();
        let plan = self.plan(&x, true)?;
        let mut output = std::mem::take(&mut self.output);
        let (y, tape) = match self.norm.is_some() {
            true => self.train_normalised(plan, x, &mut output, tape)?,
            false => self.train_plain(plan, x, &mut output, tape)?,
        };
        self.output = output;
        Ok(y.put_tape(tape))
    }

    /// Without normalisation: what pooling chose is the result.
    fn train_plain(
        &self,
        plan: Plan,
        x: Batch,
        output: &mut Output,
        mut tape: Taped,
    ) -> Result<(Batch, Taped), CpuError> {
        let mut outputs = Outputs::default();
        let written = output.write(self.result_shape(&plan), |y| {
            outputs = self.run(&plan, &x, true, y);
        })?;
        let (weight, bias) = (
            self.convolution.weight.tensor().clone(),
            self.convolution.bias.tensor().clone(),
        );
        let input_gradient = self.convolution.input_gradient;
        let (y, factors, winner) = (written.y.clone(), outputs.factors, outputs.winner);
        let (room, bytes) = (self.convolution.room.clone(), self.bytes.clone());
        tape.add_backward_op(move |grads| {
            written.keep_gradient(grads);
            let wanted_x = input_gradient.then_some(&x);
            let tensors: [&dyn HasGradient; 4] = [&written.y, &wanted_x, &weight, &bias];
            with_gradients(grads, tensors, |[dy, dx, dweight, dbias]| {
                match plan.kernel {
                    Kernel::OneChannel(shape) => one_channel_conv2d::backward(
                        &shape,
                        one_channel_conv2d::Backward {
                            x: values(&x),
                            kernel: values(&weight),
                            bias: values(&bias),
                            dy,
                            winner: &winner,
                            gradient: PooledGradient::Plain,
                            dkernel: dweight,
                            dbias,
                        },
                    ),
                    Kernel::Winograd(winograd) => winograd.backward(Backward {
                        x: values(&x),
                        factors_transposed: &factors.transposed,
                        gradient: OutputGradient::Pooled {
                            dy,
                            winner: &winner,
                        },
                        dx: input_gradient.then_some(dx),
                        dkernel: dweight,
                        dbias,
                    }),
                }
                factors.give_back(&room);
                bytes.give(winner);
            })
        });
        Ok((y, tape))
    }

    /// With normalisation by the batch's own statistics.
    fn train_normalised(
        &mut self,
        plan: Plan,
        x: Batch,
        output: &mut Output,
        mut tape: Taped,
    ) -> Result<(Batch, Taped), CpuError> {
        let mut chosen = self.convolution.room.take(self.pooled_len(&plan));
        let outputs = self.run(&plan, &x, true, &mut chosen);
        let result_shape = self.result_shape(&plan);
        let Some(norm) = &mut self.norm else {
            return Err(CpuError::WrongNumElements);
        };
        let is_pooled = self.is_pooled;
        let rows = plan.shape.windows.batch * plan.wanted[0] * plan.wanted[1];
        let channels = plan.shape.out_channels;
        let statistics = BatchStatistics::from_sums(channels, rows, &outputs.sums);
        norm.move_running(&statistics);
        let (gamma, beta, epsilon) = (
            norm.weight().tensor().clone(),
            norm.bias().tensor().clone(),
            norm.epsilon(),
        );
        let normalisation = norm.normalisation(&statistics);
        let normalised = if is_pooled { &chosen } else { &outputs.map };
        let written = output.write(result_shape, |y| normalisation.apply(normalised, y))?;
        let y = written.y.clone();
        let (weight, bias) = (
            self.convolution.weight.tensor().clone(),
            self.convolution.bias.tensor().clone(),
        );
        let input_gradient = self.convolution.input_gradient;
        let (room, bytes) = (self.convolution.room.clone(), self.bytes.clone());
        tape.add_backward_op(move |grads| {
            written.keep_gradient(grads);
            let Outputs {
                map,
                winner,
                factors,
                ..
            } = outputs;
            let wanted_x = input_gradient.then_some(&x);
            let tensors: [&dyn HasGradient; 6] =
                [&written.y, &wanted_x, &gamma, &beta, &weight, &bias];
            with_gradients(grads, tensors, |[dy, dx, dgamma, dbeta, dweight, dbias]| {
                let normalised = if is_pooled { &chosen } else { &map };
                batch_norm::parameter_gradients(
                    &statistics,
                    epsilon,
                    normalised,
                    dy,
                    dgamma,
                    dbeta,
                );
                let through =
                    InputGradient::new(&statistics, epsilon, rows, values(&gamma), dgamma, dbeta);
                match plan.kernel {
                    Kernel::OneChannel(shape) => one_channel_conv2d::backward(
                        &shape,
                        one_channel_conv2d::Backward {
                            x: values(&x),
                            kernel: values(&weight),
                            bias: values(&bias),
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
                        x: values(&x),
                        factors_transposed: &factors.transposed,
                        gradient: OutputGradient::Normalised {
                            dy,
                            winner: is_pooled.then_some(&winner),
                            map: &map,
                            dy_factor: &through.dy_factor,
                            map_factor: &through.x_factor,
                            constant: &through.constant,
                        },
                        dx: input_gradient.then_some(dx),
                        dkernel: dweight,
                        dbias,
                    }),
                }
                factors.give_back(&room);
                room.give(map);
                room.give(chosen);
                bytes.give(winner);
            })
        });
        Ok((y, tape))
    }
}
