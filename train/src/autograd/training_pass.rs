use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};
use dfdx::optim::UnusedTensors;
use dfdx::shapes::Rank0;
use dfdx::tensor::{Cpu, CpuError, OwnedTape, PutTape, SplitTape, Tape, Trace, ZerosTensor};
use dfdx::tensor_ops::Backward;

use super::variable::{DEVICE, GradientKey};
use super::{Gradients, Output, Tensor, Variable};
use crate::kernels::elementwise::add_to;
use crate::kernels::scratch::with_scratch;

/// One training step's way through a network: the tape of its backward operations.
#[derive(Debug)]
pub struct TrainingPass {
    tape: OwnedTape<f32, Cpu>,
    /// dfdx runs a tape from a scalar.
    end: dfdx::tensor::Tensor<Rank0, f32, Cpu>,
    /// Results whose gradients stay from this pass on.
    kept: Vec<dfdx::tensor::UniqueId>,
    /// Tells passes apart.
    number: u64,
    step_key: u64,
    running_momentum: Option<f32>,
}

impl TrainingPass {
    /// A pass whose backward operations write to `gradients`. `step_key` names the step in the
    /// whole run; the same key gives the same dropout masks.
    pub fn new(gradients: Gradients, step_key: u64) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let (end, tape) = DEVICE.zeros().traced(gradients.0).split_tape();
        Self {
            tape,
            end,
            kept: Vec::new(),
            number: COUNT.fetch_add(1, Ordering::Relaxed),
            step_key,
            running_momentum: None,
        }
    }

    /// The same, in which running values keep a share of `momentum` in place of the share of their
    /// layer.
    pub fn with_running_momentum(mut self, momentum: f32) -> Self {
        self.running_momentum = Some(momentum);
        self
    }

    /// Share that running values keep, where the pass and not the layer decides it.
    pub fn running_momentum(&self) -> Option<f32> {
        self.running_momentum
    }

    /// Names the step in the whole run.
    pub fn step_key(&self) -> u64 {
        self.step_key
    }

    /// Returns `y`, the result of a layer that has read `inputs`, and puts the layer's backward
    /// operation on the tape. `y` has been taken from `output`, which keeps it for later steps.
    ///
    /// `backward` gets the gradient of `y`, which it may change, and writes those of `inputs`. What it
    /// finds there has no meaning; the slice of an input that needs no gradient is empty. If no input needs a
    /// gradient, `y` needs none either and `backward` is not called.
    pub fn record<const N: usize>(
        &mut self,
        output: &mut Output,
        mut y: Tensor,
        inputs: [&Variable; N],
        backward: impl FnOnce(&mut [f32], [&mut [f32]; N]) + 'static,
    ) -> Tensor {
        let needs_gradient = inputs.iter().any(|input| input.needs_gradient());
        y.variable_mut().set_needs_gradient(needs_gradient);
        if needs_gradient {
            if output.keeps_gradient() {
                self.keep_gradient(&y);
            }
            self.push(Some(y.variable()), inputs, backward);
        }
        output.keep(y.clone());
        y
    }

    /// Puts the loss's backward operation on the tape, which writes the gradient of `logits`.
    pub fn record_loss(&mut self, logits: &Tensor, backward: impl FnOnce(&mut [f32]) + 'static) {
        self.push(None, [logits.variable()], |_, [dlogits]| backward(dlogits));
    }

    /// Calls `then` when the backward pass has gone through everything that is recorded later.
    pub fn on_backward(&mut self, then: impl FnOnce() + 'static) {
        self.push(None, [], |_, []| then());
    }

    /// Runs the backward operations, the last one first.
    ///
    /// # Errors
    /// If there is no memory for a gradient.
    pub fn backward(mut self) -> Result<Gradients> {
        if !self.kept.is_empty() {
            // Before anything is written: dfdx drops what is not kept at once.
            self.tape.add_backward_op(move |gradients| {
                gradients.retain_leafs(&self.kept);
                Ok(())
            });
        }
        let end = self.end.put_tape(self.tape);
        let gradients = end.try_backward().context("a backward pass failed")?;
        Ok(Gradients(gradients))
    }

    /// Keeps the gradient of `y` at the end of this and of later passes with the same gradients.
    pub fn keep_gradient(&mut self, y: &Tensor) {
        // dfdx gives out the id of a tensor by this list only.
        let mut kept = UnusedTensors::default();
        kept.add(&y.variable().gradient_key().tensor);
        self.kept.extend(kept.ids);
    }

    fn push<const N: usize>(
        &mut self,
        y: Option<&Variable>,
        inputs: [&Variable; N],
        backward: impl FnOnce(&mut [f32], [&mut [f32]; N]) + 'static,
    ) {
        let key = |variable: &Variable| Arc::clone(variable.gradient_key());
        let operation = Operation {
            pass: self.number,
            y: y.map(key),
            inputs: inputs.map(|input| input.needs_gradient().then(|| key(input))),
        };
        self.tape
            .add_backward_op(move |gradients| operation.run(gradients, backward));
    }
}

/// Whose gradient a backward operation reads, and whose it writes.
struct Operation<const N: usize> {
    pass: u64,
    y: Option<Arc<GradientKey>>,
    inputs: [Option<Arc<GradientKey>>; N],
}

impl<const N: usize> Operation<N> {
    fn run(
        &self,
        gradients: &mut dfdx::tensor::Gradients<f32, Cpu>,
        backward: impl FnOnce(&mut [f32], [&mut [f32]; N]),
    ) -> Result<(), CpuError> {
        // dfdx lends one gradient at a time: each is moved out and back in again at the end.
        let mut dy = Vec::new();
        if let Some(y) = &self.y {
            dy = std::mem::take(y.gradient(gradients)?);
            if !y.is_written_in(self.pass) {
                // Nothing has read the result.
                dy.fill(0.0);
            }
        }
        let mut written = [const { Vec::new() }; N];
        // Inputs whose gradient another operation of this pass has written already.
        let mut added = [false; N];
        let mut added_len = 0;
        for (index, input) in self.inputs.iter().enumerate() {
            let Some(input) = input else { continue };
            if input.mark_written_in(self.pass) {
                added[index] = true;
                added_len += input.len;
            } else {
                written[index] = std::mem::take(input.gradient(gradients)?);
            }
        }
        let inputs = self.inputs.each_ref().map(Option::as_ref);
        if added_len == 0 {
            backward(&mut dy, written.each_mut().map(Vec::as_mut_slice));
            self.put_back(gradients, dy, written)
        } else {
            with_scratch(added_len, |scratch| {
                let mut targets = written.each_mut().map(Vec::as_mut_slice);
                let mut rest = &mut *scratch;
                for ((target, input), added) in targets.iter_mut().zip(inputs).zip(added) {
                    if let (Some(input), true) = (input, added) {
                        let (part, behind) = rest.split_at_mut(input.len);
                        (*target, rest) = (part, behind);
                    }
                }
                backward(&mut dy, targets);
                self.put_back(gradients, dy, written)?;
                let mut rest = &*scratch;
                for (input, added) in inputs.into_iter().zip(added) {
                    if let (Some(input), true) = (input, added) {
                        let (part, behind) = rest.split_at(input.len);
                        add_to(part, input.gradient(gradients)?);
                        rest = behind;
                    }
                }
                Ok(())
            })
        }
    }

    fn put_back(
        &self,
        gradients: &mut dfdx::tensor::Gradients<f32, Cpu>,
        dy: Vec<f32>,
        written: [Vec<f32>; N],
    ) -> Result<(), CpuError> {
        if let Some(y) = &self.y {
            *y.place(gradients)? = dy;
        }
        for (input, gradient) in self.inputs.iter().zip(written) {
            if let Some(input) = input
                && gradient.len() == input.len
            {
                *input.place(gradients)? = gradient;
            }
        }
        Ok(())
    }
}
