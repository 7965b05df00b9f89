use anyhow::Result;

use crate::autograd::{Gradients, Variable};

/// A named array that a layer learns or keeps up to date.
#[derive(Debug)]
pub struct Parameter {
    name: String,
    kind: ParameterKind,
    shape: Vec<usize>,
    /// See [`Parameter::map`].
    map: [usize; 3],
    variable: Variable,
}

/// What a parameter is for. Its kind decides how it begins, whether it is trained, and in which
/// order a file holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// (kernel height, kernel width, in, out).
    ConvolutionKernel,
    /// (kernel height, kernel width, channels, 1).
    DepthwiseKernel,
    /// (in, out).
    DenseKernel {
        /// The (height, width, channels) of the map that was flattened to the layer's input;
        /// (1, 1, in) when none was. Frameworks flatten maps in different orders.
        map: [usize; 3],
    },
    /// The bias of a convolution or of a dense layer, (out).
    Bias,
    /// Gamma of a normalisation, (channels); ones at first.
    Scale,
    /// Beta of a normalisation, (channels); zeros at first.
    Shift,
    /// The running mean of a normalisation, (channels); zeros at first.
    RunningMean,
    /// The running variance of a normalisation, (channels); ones at first.
    RunningVariance,
}

impl ParameterKind {
    /// Whether the optimizer changes it; layers keep running values up to date themselves.
    pub fn is_trainable(self) -> bool {
        !matches!(self, Self::RunningMean | Self::RunningVariance)
    }

    /// The value of all entries before anything is drawn or learnt.
    fn initial_value(self) -> f32 {
        match self {
            Self::Scale | Self::RunningVariance => 1.0,
            _ => 0.0,
        }
    }
}

impl Parameter {
    pub(super) fn new(name: String, kind: ParameterKind, shape: &[usize]) -> Self {
        let values = vec![kind.initial_value(); shape.iter().product()];
        let map = match kind {
            ParameterKind::DenseKernel { map } => map,
            _ => [1, 1, values.len()],
        };
        Self {
            name,
            kind,
            shape: shape.to_vec(),
            map,
            variable: Variable::new(values, kind.is_trainable()),
        }
    }

    /// Says of which flattened map of (height, width, channels) its values are.
    pub(super) fn set_map(&mut self, map: [usize; 3]) {
        self.map = map;
    }

    /// The same, but it keeps its values: backward passes compute no gradient for it. A layer does not
    /// list it among its parameters.
    pub(super) fn fixed(mut self) -> Self {
        let values = self.variable.values().to_vec();
        self.variable = Variable::new(values, false);
        self
    }

    /// Whether it is one that layers list.
    pub(super) fn is_listed(&self) -> bool {
        !self.kind.is_trainable() || self.variable.needs_gradient()
    }

    /// PyTorch's name in the whole network, such as `conv1.weight` or `residual2.bn1.running_mean`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is for.
    pub fn kind(&self) -> ParameterKind {
        self.kind
    }

    /// Keras's shape: (kernel height, kernel width, in, out) for a convolution kernel, (in, out)
    /// for a dense kernel, (channels,) otherwise.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The (height, width, channels) of the flattened map that its values, or the inputs of a dense
    /// kernel, belong to; (1, 1, values) when none was flattened. Frameworks flatten maps in different
    /// orders.
    pub fn map(&self) -> [usize; 3] {
        self.map
    }

    /// Whether the optimizer changes it.
    pub fn is_trainable(&self) -> bool {
        self.kind.is_trainable()
    }

    /// The values, row-major in [`Parameter::shape`].
    pub fn values(&self) -> &[f32] {
        self.variable.values()
    }

    /// The values, to be changed.
    pub fn values_mut(&mut self) -> &mut [f32] {
        self.variable.values_mut()
    }

    /// The values and their gradient, without the shape.
    pub fn variable(&self) -> &Variable {
        &self.variable
    }

    /// The gradient that the last backward pass wrote, in the order of [`Parameter::values`].
    ///
    /// # Errors
    /// If there is none yet and no memory for it.
    pub fn gradient<'g>(&self, gradients: &'g mut Gradients) -> Result<&'g mut [f32]> {
        gradients.of(&self.variable)
    }
}

/// Those of a layer's parameters that it learns or keeps up to date.
pub(super) fn listed<const N: usize>(parameters: [&Parameter; N]) -> Vec<&Parameter> {
    let listed = parameters.into_iter().filter(|p| p.is_listed());
    listed.collect()
}

/// As [`listed`], to be changed.
pub(super) fn listed_mut<const N: usize>(parameters: [&mut Parameter; N]) -> Vec<&mut Parameter> {
    let listed = parameters.into_iter().filter(|p| p.is_listed());
    listed.collect()
}

/// The gradient that a backward operation is to write, or `unused` memory of `len` values where a
/// [`fixed`](Parameter::fixed) parameter wants none.
pub(super) fn or_unused<'g>(
    gradient: &'g mut [f32],
    len: usize,
    unused: &'g mut Vec<f32>,
) -> &'g mut [f32] {
    match gradient.is_empty() {
        false => gradient,
        true => {
            unused.resize(len, 0.0);
            unused
        }
    }
}

/// Zero gradients for the trainable ones of `parameters`, for [`crate::autograd::TrainingPass::new`].
pub fn parameter_gradients<'p>(parameters: impl IntoIterator<Item = &'p Parameter>) -> Gradients {
    let trainable = parameters.into_iter().filter(|p| p.is_trainable());
    Gradients::new(trainable.map(Parameter::variable))
}
