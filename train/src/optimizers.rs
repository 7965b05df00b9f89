//! Keras's optimizers, with state that can be read and put back.
//!
//! Each formula is a `Rule` on slices in a file of its own; [`Optimizer`] keeps the state, shortens
//! gradients that are too long, takes weight decay away and applies the rule to all parameters. Each value is updated on its own, so the number of threads
//! does not matter. Numbers of a step that do not depend on the value are computed once, in f64,
//! from coefficients rounded to f32 as Keras has them.

mod adadelta;
mod adam;
mod adamax;
mod global_norm;
mod rmsprop;
mod sgd;

use anyhow::{Result, ensure};
use pipelines::spec::{self, Model, WeightKind};

use crate::autograd::Gradients;
use crate::kernels::simd::arch;
use crate::layers::{Parameter, ParameterKind};
use crate::network::Network;

/// Vectors of state that a rule keeps for a parameter at most.
const MAX_SLOTS: usize = 2;

/// Parameters with more values than this are updated by several threads; a smaller part takes
/// less time than waking a thread.
const TASK_LEN: usize = 16_384;

/// The formula of one optimizer.
trait Rule: std::fmt::Debug + Send + Sync {
    /// Names of the vectors that it keeps for each parameter, at most [`MAX_SLOTS`]; all begin at
    /// zero.
    fn slots(&self) -> &'static [&'static str];

    /// Changes `weights`. The vectors of state beyond [`Rule::slots`] are empty.
    fn update(
        &self,
        step: Step,
        weights: &mut [f32],
        gradient: &[f32],
        state: [&mut [f32]; MAX_SLOTS],
    );
}

/// What a rule has to know of a step.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// Number of the step in the whole run, from 1.
    number: u64,
    learning_rate: f32,
    /// Share of each weight that is taken away before the rule's update.
    weight_decay: f32,
}

impl Step {
    /// 1 - beta^number.
    fn bias_correction(self, beta: f64) -> f64 {
        // Keras takes the power of a beta that was rounded to f32.
        let exponent = i32::try_from(self.number).unwrap_or(i32::MAX);
        1.0 - f64::from(beta as f32).powi(exponent)
    }
}

/// A Keras optimizer.
#[derive(Debug)]
pub struct Optimizer {
    rule: Box<dyn Rule>,
    learning_rate: f32,
    iterations: u64,
    /// Largest norm of all gradients together, if there is one.
    global_clipnorm: Option<f64>,
    /// Share of each trainable parameter that is taken away, times the learning rate.
    weight_decay: Vec<f32>,
    /// One for each trainable parameter.
    state: Vec<[Vec<f32>; MAX_SLOTS]>,
}

impl Optimizer {
    /// The optimizer of `model` for the trainable parameters of `network`, before its first step.
    pub fn new(model: &Model, network: &Network) -> Self {
        let rule = rule(&model.optimizer);
        let is_spared = |parameter: &Parameter| {
            let kind = weight_kind(parameter.kind());
            kind.is_none_or(|kind| model.exclude_from_weight_decay.contains(&kind))
        };
        let weight_decay = trainable(network)
            .map(|parameter| match is_spared(parameter) {
                true => 0.0,
                false => model.optimizer.weight_decay() as f32,
            })
            .collect();
        let slots = rule.slots().len();
        let state = trainable(network)
            .map(|parameter| {
                let len = parameter.values().len();
                std::array::from_fn(|slot| vec![0.0; if slot < slots { len } else { 0 }])
            })
            .collect();
        Self {
            rule,
            learning_rate: model.optimizer.learning_rate() as f32,
            iterations: 0,
            global_clipnorm: Some(model.global_clipnorm).filter(|norm| *norm > 0.0),
            weight_decay,
            state,
        }
    }

    /// Sets the rate of the steps to come.
    pub fn set_learning_rate(&mut self, learning_rate: f64) {
        self.learning_rate = learning_rate as f32;
    }

    /// Number of steps taken.
    pub fn iterations(&self) -> u64 {
        self.iterations
    }

    /// One step along `gradients`, which a backward pass through `network` has written. They are
    /// shortened if they are longer than they may be.
    ///
    /// # Errors
    /// A parameter without gradient when there is no memory for one.
    ///
    /// # Panics
    /// If `network` has other parameters than the one this optimizer was made for.
    pub fn step(&mut self, network: &mut Network, gradients: &mut Gradients) -> Result<()> {
        self.iterations += 1;
        let step = Step {
            number: self.iterations,
            learning_rate: self.learning_rate,
            weight_decay: 0.0,
        };
        if let Some(most) = self.global_clipnorm {
            global_norm::clip(most, network, gradients)?;
        }
        let parameters = network
            .parameters_mut()
            .filter(|parameter| parameter.is_trainable());
        let state = self.weight_decay.iter().zip(&mut self.state);
        for (parameter, (weight_decay, state)) in parameters.zip(state) {
            let gradient = parameter.gradient(gradients)?;
            let weights = parameter.values_mut();
            assert_eq!(weights.len(), gradient.len());
            let state = state.each_mut().map(Vec::as_mut_slice);
            let step = Step {
                weight_decay: weight_decay * step.learning_rate,
                ..step
            };
            update(self.rule.as_ref(), step, weights, gradient, state);
        }
        Ok(())
    }

    /// The state as vectors with their names, such as `momentum.conv1.weight`, in the order of the
    /// network's parameters.
    pub fn state<'a>(
        &'a self,
        network: &'a Network,
    ) -> impl Iterator<Item = (String, &'a [f32])> + 'a {
        trainable(network)
            .zip(&self.state)
            .flat_map(|(parameter, state)| {
                let slots = self.rule.slots().iter().zip(state);
                slots.map(move |(slot, values)| {
                    (format!("{slot}.{}", parameter.name()), values.as_slice())
                })
            })
    }

    /// Puts back what [`Optimizer::state`] gave; `find` gets each name.
    ///
    /// # Errors
    /// Those of `find`, and a vector of another length; the state may then be put back in part.
    pub fn restore(
        &mut self,
        network: &Network,
        iterations: u64,
        find: impl Fn(&str) -> Result<Vec<f32>>,
    ) -> Result<()> {
        for (parameter, state) in trainable(network).zip(&mut self.state) {
            for (slot, values) in self.rule.slots().iter().zip(state) {
                let name = format!("{slot}.{}", parameter.name());
                let found = find(&name)?;
                ensure!(
                    found.len() == values.len(),
                    "`{name}`: expected {} values, found {}",
                    values.len(),
                    found.len()
                );
                *values = found;
            }
        }
        self.iterations = iterations;
        Ok(())
    }
}

fn rule(optimizer: &spec::Optimizer) -> Box<dyn Rule> {
    match *optimizer {
        spec::Optimizer::Adam {
            beta_1,
            beta_2,
            epsilon,
            ..
        }
        | spec::Optimizer::Adamw {
            beta_1,
            beta_2,
            epsilon,
            ..
        } => Box::new(adam::Adam {
            beta_1,
            beta_2,
            epsilon,
        }),
        spec::Optimizer::Sgd {
            momentum, nesterov, ..
        } => Box::new(sgd::Sgd { momentum, nesterov }),
        spec::Optimizer::Rmsprop { rho, epsilon, .. } => {
            Box::new(rmsprop::RmsProp { rho, epsilon })
        }
        spec::Optimizer::Adadelta { rho, epsilon, .. } => {
            Box::new(adadelta::Adadelta { rho, epsilon })
        }
        spec::Optimizer::Adamax {
            beta_1,
            beta_2,
            epsilon,
            ..
        } => Box::new(adamax::Adamax {
            beta_1,
            beta_2,
            epsilon,
        }),
    }
}

fn trainable(network: &Network) -> impl Iterator<Item = &Parameter> {
    network.parameters().filter(|p| p.is_trainable())
}

/// Halves long vectors until every thread has a part.
fn update(
    rule: &dyn Rule,
    step: Step,
    weights: &mut [f32],
    gradient: &[f32],
    state: [&mut [f32]; MAX_SLOTS],
) {
    if weights.len() <= TASK_LEN {
        if step.weight_decay != 0.0 {
            decay(step.weight_decay, weights);
        }
        return rule.update(step, weights, gradient, state);
    }
    // Whole cache lines on both sides.
    let middle = (weights.len() / 2).next_multiple_of(16);
    let (left, right) = weights.split_at_mut(middle);
    let (left_gradient, right_gradient) = gradient.split_at(middle);
    let [first, second] = state.map(|values| values.split_at_mut(middle.min(values.len())));
    rayon::join(
        || update(rule, step, left, left_gradient, [first.0, second.0]),
        || update(rule, step, right, right_gradient, [first.1, second.1]),
    );
}

/// Takes `share` of each weight away: Keras's decoupled weight decay.
fn decay(share: f32, weights: &mut [f32]) {
    arch().dispatch(|| {
        for weight in weights {
            *weight -= *weight * share;
        }
    });
}

/// Keras's word for a trainable parameter.
fn weight_kind(kind: ParameterKind) -> Option<WeightKind> {
    match kind {
        ParameterKind::ConvolutionKernel
        | ParameterKind::DepthwiseKernel
        | ParameterKind::DenseKernel { .. } => Some(WeightKind::Kernel),
        ParameterKind::Bias => Some(WeightKind::Bias),
        ParameterKind::Scale => Some(WeightKind::Gamma),
        ParameterKind::Shift => Some(WeightKind::Beta),
        ParameterKind::RunningMean | ParameterKind::RunningVariance => None,
    }
}
