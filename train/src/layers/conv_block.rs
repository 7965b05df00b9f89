mod training;

use anyhow::{Context, Result, ensure};
use pipelines::spec;

use super::{
    BatchNorm2d, Conv2d, Layer, Parameter,
    conv2d::{Factors, winograd},
    recycler::Recycler,
};
use crate::autograd::{Output, Tensor, TrainingPass};
use crate::kernels::{
    conv2d::Conv2dShape,
    one_channel_conv2d::{self, OneChannelShape},
    winograd::{ForwardSink, Input, PoolSink, Winograd},
};

/// A 3 x 3 convolution of stride 1 with its ReLU, and the batch normalisation and the 2 x 2 max
/// pooling behind it, in one pass: Keras's `Conv2D(out, 3, activation="relu")`,
/// `BatchNormalization()`, `MaxPooling2D(2)`, where one of the last two may be missing.
///
/// Pooling comes before the normalisation here: of a window, the largest normalised value is that
/// of the largest output where gamma is positive and of the smallest where it is negative. So only
/// pooled values are normalised, and without normalisation outputs that no window reaches are not
/// even computed.
#[derive(Debug)]
pub struct ConvBlock {
    convolution: Conv2d,
    norm: Option<BatchNorm2d>,
    is_pooled: bool,
    bytes: Recycler<u8>,
    output: Output,
}

/// How a batch goes through the block.
#[derive(Clone, Copy)]
pub(super) struct Plan {
    shape: Conv2dShape,
    /// (height, width) of the outputs that are used.
    wanted: [usize; 2],
    kernel: Kernel,
}

#[derive(Clone, Copy)]
enum Kernel {
    OneChannel(OneChannelShape),
    Winograd(Winograd),
}

/// What a forward pass makes.
#[derive(Default)]
struct Outputs {
    /// All wanted outputs, if they are kept.
    map: Vec<f32>,
    /// Where it came from.
    winner: Vec<u8>,
    /// See [`ForwardSink::sums`].
    sums: Vec<f64>,
    factors: Factors,
}

impl ConvBlock {
    /// Whether `convolution` and what is behind it make a block.
    pub(super) fn can_join(
        convolution: &Conv2d,
        has_norm: bool,
        is_pooled: bool,
        needs_input_gradient: bool,
    ) -> bool {
        let is_suited = match convolution.channels() {
            [1, _] => convolution.is_plain_3x3() && is_pooled && !needs_input_gradient,
            _ => convolution.is_3x3(),
        };
        let is_relu = convolution.is_relu();
        match convolution.channels() {
            [1, _] => is_suited && is_relu,
            // Pooling before the normalisation needs a ReLU before both.
            _ => is_suited && (has_norm != is_pooled || (has_norm && is_relu)),
        }
    }

    /// The block of layers of which [`ConvBlock::can_join`] is true.
    pub(super) fn new(convolution: Conv2d, norm: Option<BatchNorm2d>, is_pooled: bool) -> Self {
        Self {
            convolution,
            norm,
            is_pooled,
            bytes: Recycler::new(),
            output: Output::default(),
        }
    }

    /// Whether it is a convolution and a normalisation with `activation` behind it and nothing more.
    pub(super) fn is_normalised(&self, activation: spec::Activation) -> bool {
        let is_behind = |norm: &BatchNorm2d| norm.activation == activation;
        !self.convolution.is_relu()
            && !self.is_pooled
            && self.convolution.channels()[0] > 1
            && self.norm.as_ref().is_some_and(is_behind)
    }

    /// For an input of (images, height, width, channels).
    pub(super) fn plan(&self, [images, input @ ..]: [usize; 4], is_training: bool) -> Result<Plan> {
        let shape = self.convolution.shape(images, input)?;
        let windows = &shape.windows;
        // Statistics are those of all outputs, pooling uses whole windows only.
        let wanted = match self.is_pooled && !(is_training && self.norm.is_some()) {
            true => windows.output.map(|size| size / 2 * 2),
            false => windows.output,
        };
        let kernel = if shape.in_channels == 1 {
            let [height, width] = windows.output;
            ensure!(
                height >= 2 && width >= 2,
                "expected a map of at least 2x2 to pool, found {height}x{width}"
            );
            Kernel::OneChannel(OneChannelShape {
                batch: windows.batch,
                input: windows.input,
                channels: shape.out_channels,
            })
        } else {
            let winograd = winograd(&shape, wanted);
            Kernel::Winograd(winograd.with_context(|| {
                let [height, width] = windows.output;
                format!("expected a map to pool, found {height}x{width}")
            })?)
        };
        Ok(Plan {
            shape,
            wanted,
            kernel,
        })
    }

    /// Values that pooling chooses.
    fn pooled_len(&self, plan: &Plan) -> usize {
        match self.is_pooled {
            true => self.result_shape(plan).iter().product(),
            false => 0,
        }
    }

    /// Convolution, and what is asked of its outputs; what pooling chose goes to `chosen`.
    fn run(
        &self,
        plan: &Plan,
        input: Input<'_>,
        needs_input_gradient: bool,
        is_training: bool,
        chosen: &mut [f32],
    ) -> Outputs {
        let channels = plan.shape.out_channels;
        let images = plan.shape.windows.batch;
        let (weight, bias) = (
            self.convolution.weight.values(),
            self.convolution.bias.values(),
        );
        let sums_len = |sums: usize| match is_training && self.norm.is_some() {
            true => sums * 2 * channels,
            false => 0,
        };
        let mut outputs = Outputs {
            winner: self.bytes.take(chosen.len()),
            ..Outputs::default()
        };
        let slope = self.norm.as_ref().map(|norm| norm.weight.values());
        match plan.kernel {
            Kernel::OneChannel(shape) => {
                outputs.sums = vec![0.0; sums_len(shape.groups())];
                let sums = Some(&mut outputs.sums[..]).filter(|sums| !sums.is_empty());
                let forward = one_channel_conv2d::Forward {
                    values: chosen,
                    winner: &mut outputs.winner,
                    slope,
                    sums,
                };
                one_channel_conv2d::forward(&shape, input.values, weight, bias, forward);
            }
            Kernel::Winograd(winograd) => {
                let is_kept = !self.is_pooled || (is_training && self.norm.is_some());
                if is_kept {
                    let len = images * plan.wanted[0] * plan.wanted[1] * channels;
                    outputs.map = self.convolution.buffers.take(len);
                }
                outputs.sums = vec![0.0; sums_len(winograd.sums())];
                outputs.factors = self.convolution.factors(&winograd, needs_input_gradient);
                let sink = ForwardSink {
                    map: is_kept.then_some(&mut outputs.map),
                    pool: self.is_pooled.then_some(PoolSink {
                        values: chosen,
                        winner: &mut outputs.winner,
                        slope,
                    }),
                    sums: Some(&mut outputs.sums[..]).filter(|sums| !sums.is_empty()),
                };
                let relu = self.convolution.is_relu();
                winograd.forward(input, &outputs.factors.plain, bias, relu, sink);
            }
        }
        outputs
    }

    /// (N, height, width, channels) of the result.
    pub(super) fn result_shape(&self, plan: &Plan) -> [usize; 4] {
        let divisor = if self.is_pooled { 2 } else { 1 };
        let [height, width] = plan.wanted.map(|size| size / divisor);
        [
            plan.shape.windows.batch,
            height,
            width,
            plan.shape.out_channels,
        ]
    }
}

impl Layer for ConvBlock {
    fn name(&self) -> &'static str {
        match (self.norm.is_some(), self.is_pooled) {
            (false, _) => "conv2d + max_pooling2d",
            (true, false) => "conv2d + batch_normalization",
            (true, true) => "conv2d + batch_normalization + max_pooling2d",
        }
    }

    fn output_shape(&self, input: [usize; 3]) -> Result<[usize; 3]> {
        let [height, width, channels] = self.convolution.output_shape(input)?;
        let divisor = if self.is_pooled { 2 } else { 1 };
        Ok([height / divisor, width / divisor, channels])
    }

    fn parameters(&self) -> Vec<&Parameter> {
        let mut parameters = self.convolution.parameters();
        parameters.extend(self.norm.iter().flat_map(BatchNorm2d::parameters));
        parameters
    }

    fn parameters_mut(&mut self) -> Vec<&mut Parameter> {
        let mut parameters = self.convolution.parameters_mut();
        parameters.extend(self.norm.iter_mut().flat_map(BatchNorm2d::parameters_mut));
        parameters
    }

    fn forward(&self, x: Tensor) -> Result<Tensor> {
        let plan = self.plan(x.shape(), false)?;
        let mut chosen = vec![0.0; self.pooled_len(&plan)];
        let outputs = self.run(&plan, x.values().into(), false, false, &mut chosen);
        if !self.is_pooled {
            chosen = outputs.map;
        }
        outputs.factors.give_back(&self.convolution.buffers);
        self.bytes.give(outputs.winner);
        let y = match &self.norm {
            None => chosen,
            Some(norm) => {
                let mut y = vec![0.0; chosen.len()];
                norm.running_normalisation()
                    .then(norm.activation)
                    .forward(&chosen, &mut y);
                y
            }
        };
        Tensor::new(y, self.result_shape(&plan))
    }

    fn forward_training(&mut self, x: Tensor, pass: &mut TrainingPass) -> Result<Tensor> {
        let plan = self.plan(x.shape(), true)?;
        let is_one_channel = matches!(plan.kernel, Kernel::OneChannel(_));
        ensure!(
            !(is_one_channel && x.needs_gradient()),
            "expected images, found maps that need a gradient"
        );
        Ok(match self.norm.is_some() {
            true => self.train_normalised(&plan, x, pass),
            false => self.train_plain(&plan, x, pass),
        })
    }
}
