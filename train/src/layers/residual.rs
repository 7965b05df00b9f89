mod basic_block;

use anyhow::{Result, ensure};
use pipelines::spec::Activation;

use super::{Layer, Parameter, Sequence};
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::elementwise;

/// The sum of two branches that read the same input (He et al., 2016): Keras's
/// `Add()([layers(x), shortcut(x)])`. A shortcut without layers is the identity.
///
/// (N, H, W, C) to the shape that both branches give.
#[derive(Debug)]
pub struct Residual {
    layers: Sequence,
    shortcut: Sequence,
    /// What the sum goes through.
    activation: Activation,
    output: Output,
}

impl Residual {
    /// `layers(x) + shortcut(x)`.
    pub fn new(layers: Sequence, shortcut: Sequence) -> Self {
        Self {
            layers,
            shortcut,
            activation: Activation::Linear,
            output: Output::default(),
        }
    }

    /// The same with an activation behind it, in the same pass.
    pub(super) fn with_activation(mut self, activation: Activation) -> Self {
        self.activation = activation;
        self
    }
}

fn check_shapes<S: std::fmt::Debug + PartialEq>(layers: S, shortcut: S) -> Result<S> {
    ensure!(
        layers == shortcut,
        "expected the layers and the shortcut to give the same shape, found {layers:?} and \
         {shortcut:?}"
    );
    Ok(layers)
}

impl Layer for Residual {
    fn name(&self) -> &'static str {
        match self.activation {
            _ if self.is_basic_block() => "basic block",
            Activation::Linear => "residual",
            _ => "residual + activation",
        }
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        check_shapes(
            self.layers.output_shape(input)?,
            self.shortcut.output_shape(input)?,
        )
    }

    fn parameters(&self) -> Vec<&Parameter> {
        let mut parameters = self.layers.parameters();
        parameters.extend(self.shortcut.parameters());
        parameters
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        let mut parameters = self.layers.parameters_mut();
        parameters.extend(self.shortcut.parameters_mut());
        parameters
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        let shortcut = self.shortcut.forward(x.clone())?;
        let layers = self.layers.forward(x)?;
        let shape = check_shapes(layers.shape(), shortcut.shape())?;
        let mut y = vec![0.0; layers.values().len()];
        elementwise::add(self.activation, layers.values(), shortcut.values(), &mut y);
        Tensor::new(y, shape)
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        if let Some(block) = self.basic_block() {
            return block.forward_training(x, pass);
        }
        let shortcut = self.shortcut.forward_training(x.clone(), pass)?;
        let layers = self.layers.forward_training(x, pass)?;
        let shape = check_shapes(layers.shape(), shortcut.shape())?;
        let mut y = self.output.take(shape);
        let activation = self.activation;
        elementwise::add(
            activation,
            layers.values(),
            shortcut.values(),
            y.values_mut(),
        );
        let branches = [layers.variable(), shortcut.variable()];
        let [layers, shortcut] = branches.map(Clone::clone);
        let backward = move |dy: &mut [f32], gradients: [&mut [f32]; 2]| {
            let branches = [layers.values(), shortcut.values()];
            elementwise::add_backward(activation, branches, dy, gradients);
        };
        Ok(pass.record(&mut self.output, y, branches, backward))
    }
}
