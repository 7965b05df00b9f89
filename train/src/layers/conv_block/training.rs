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
    tape::{return_gradient, take_gradient},
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
            let dy = take_gradient(grads.get_or_alloc_mut(&written.y)?);
            let mut dx = match input_gradient {
                true => Some(take_gradient(grads.get_or_alloc_mut(&x)?)),
                false => None,
            };
            let mut dweight = take_gradient(grads.get_or_alloc_mut(&weight)?);
            let mut dbias = take_gradient(grads.get_or_alloc_mut(&bias)?);
            match plan.kernel {
                Kernel::OneChannel(shape) => one_channel_conv2d::backward(
                    &shape,
                    one_channel_conv2d::Backward {
                        x: values(&x),
                        kernel: values(&weight),
                        bias: values(&bias),
                        dy: &dy,
                        winner: &winner,
                        gradient: PooledGradient::Plain,
                        dkernel: &mut dweight,
                        dbias: &mut dbias,
                    },
                ),
                Kernel::Winograd(winograd) => winograd.backward(Backward {
                    x: values(&x),
                    factors_transposed: &factors.transposed,
                    gradient: OutputGradient::Pooled {
                        dy: &dy,
                        winner: &winner,
                    },
                    dx: dx.as_deref_mut(),
                    dkernel: &mut dweight,
                    dbias: &mut dbias,
                }),
            }
            factors.give_back(&room);
            bytes.give(winner);
            return_gradient(grads.get_or_alloc_mut(&written.y)?, dy);
            if let Some(dx) = dx {
                return_gradient(grads.get_or_alloc_mut(&x)?, dx);
            }
            return_gradient(grads.get_or_alloc_mut(&weight)?, dweight);
            return_gradient(grads.get_or_alloc_mut(&bias)?, dbias);
            Ok(())
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
            let dy = take_gradient(grads.get_or_alloc_mut(&written.y)?);
            let mut dx = match input_gradient {
                true => Some(take_gradient(grads.get_or_alloc_mut(&x)?)),
                false => None,
            };
            let mut dgamma = take_gradient(grads.get_or_alloc_mut(&gamma)?);
            let mut dbeta = take_gradient(grads.get_or_alloc_mut(&beta)?);
            let mut dweight = take_gradient(grads.get_or_alloc_mut(&weight)?);
            let mut dbias = take_gradient(grads.get_or_alloc_mut(&bias)?);
            batch_norm::parameter_gradients(
                &statistics,
                epsilon,
                if is_pooled { &chosen } else { &map },
                &dy,
                &mut dgamma,
                &mut dbeta,
            );
            let through =
                InputGradient::new(&statistics, epsilon, rows, values(&gamma), &dgamma, &dbeta);
            match plan.kernel {
                Kernel::OneChannel(shape) => one_channel_conv2d::backward(
                    &shape,
                    one_channel_conv2d::Backward {
                        x: values(&x),
                        kernel: values(&weight),
                        bias: values(&bias),
                        dy: &dy,
                        winner: &winner,
                        gradient: PooledGradient::Normalised {
                            dy_factor: &through.dy_factor,
                            map_factor: &through.x_factor,
                            constant: &through.constant,
                        },
                        dkernel: &mut dweight,
                        dbias: &mut dbias,
                    },
                ),
                Kernel::Winograd(winograd) => winograd.backward(Backward {
                    x: values(&x),
                    factors_transposed: &factors.transposed,
                    gradient: OutputGradient::Normalised {
                        dy: &dy,
                        winner: is_pooled.then_some(&winner),
                        map: &map,
                        dy_factor: &through.dy_factor,
                        map_factor: &through.x_factor,
                        constant: &through.constant,
                    },
                    dx: dx.as_deref_mut(),
                    dkernel: &mut dweight,
                    dbias: &mut dbias,
                }),
            }
            factors.give_back(&room);
            room.give(map);
            room.give(chosen);
            bytes.give(winner);
            return_gradient(grads.get_or_alloc_mut(&written.y)?, dy);
            if let Some(dx) = dx {
                return_gradient(grads.get_or_alloc_mut(&x)?, dx);
            }
            return_gradient(grads.get_or_alloc_mut(&gamma)?, dgamma);
            return_gradient(grads.get_or_alloc_mut(&beta)?, dbeta);
            return_gradient(grads.get_or_alloc_mut(&weight)?, dweight);
            return_gradient(grads.get_or_alloc_mut(&bias)?, dbias);
            Ok(())
        });
        Ok((y, tape))
    }
}
