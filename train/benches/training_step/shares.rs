use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Instant;

use anyhow::Result;
use pipelines::spec::Model;
use pipelines::spec::dataset_info::DatasetInfo;
use train::autograd::TrainingPass;
use train::kernels::softmax_cross_entropy::Targets;
use train::layers::{Layer, ParameterKind, parameter_gradients, softmax_cross_entropy};
use train::network::Network;
use train::optimizers::Optimizer;

use crate::steps::Batches;

/// Steps that are timed, after as many that are not.
const STEPS: usize = 30;

/// The part of a step that one thing takes.
pub struct Share {
    name: String,
    forward: Direction,
    backward: Direction,
    step_s: f64,
}

/// One way through a layer, over all steps that are timed.
#[derive(Clone, Copy, Default)]
struct Direction {
    time_s: f64,
    /// Floating-point operations, done plainly.
    operations: f64,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {:<52}", self.name)?;
        for Direction { time_s, operations } in [self.forward, self.backward] {
            write!(f, " {:>5.1} %", 100.0 * time_s / self.step_s)?;
            match operations > 0.0 {
                true => write!(f, " {:>7.0}", operations / time_s / 1e9)?,
                false => write!(f, " {:>7}", "")?,
            }
        }
        Ok(())
    }
}

/// Shares of gathering, every layer, loss and update, in this order. Gathering is timed alone
/// here; in a run it goes on beside the step.
pub fn measure(model: &Model) -> Result<Vec<Share>> {
    let mut batches = Batches::of(model)?;
    let mut network = Network::new(model, batches.info(), 0)?;
    let mut optimizer = Optimizer::new(model, &network);
    let mut gradients = parameter_gradients(network.parameters());
    let mut names = vec!["gather".to_owned()];
    let mut shape = network.input_shape();
    for layer in network.layers() {
        let output = layer.output_shape(shape)?;
        names.push(format!("{} {shape:?} to {output:?}", layer.name()));
        shape = output;
    }
    names.extend(["loss".to_owned(), "update".to_owned()]);
    let mut forward = vec![Direction::default(); names.len()];
    let mut backward = forward.clone();
    for step in 0..2 * STEPS {
        if step == STEPS {
            forward.fill(Direction::default());
            backward.fill(Direction::default());
        }
        let mut clock = Clock::start();
        let images = batches.next();
        forward[0].time_s += clock.lap_s();
        let mut x = network.input(images.labels.len(), images.pixels)?;
        let mut pass = TrainingPass::new(gradients, step as u64);
        let stamps = Stamps::default();
        stamps.stamp(&mut pass);
        for (at, layer) in network.layers_mut().iter_mut().enumerate() {
            x = layer.forward_training(x, &mut pass)?;
            stamps.stamp(&mut pass);
            forward[1 + at].time_s += clock.lap_s();
        }
        let layers = names.len() - 3;
        softmax_cross_entropy(&x, &images.labels, &Targets::default(), &mut pass)?;
        forward[1 + layers].time_s += clock.lap_s();
        gradients = pass.backward()?;
        // From the loss, behind the last layer, to the first.
        let stamps = stamps.0.take();
        let mut from = clock.0;
        for (at, stamp) in (0..=layers).rev().zip(stamps) {
            backward[1 + at].time_s += (stamp - from).as_secs_f64();
            from = stamp;
        }
        clock.lap_s();
        optimizer.step(&mut network, &mut gradients)?;
        forward[2 + layers].time_s += clock.lap_s();
    }
    let images = (STEPS * model.batch_size) as f64;
    let operations = operations_per_image(model, batches.info(), network.layers())?;
    for (at, each) in operations.into_iter().enumerate() {
        forward[1 + at].operations = images * each[0];
        backward[1 + at].operations = images * each[1];
    }
    let step_s = forward
        .iter()
        .chain(&backward)
        .map(|direction| direction.time_s)
        .sum();
    let directions = forward.into_iter().zip(backward);
    Ok(names
        .into_iter()
        .zip(directions)
        .map(|(name, (forward, backward))| Share {
            name,
            forward,
            backward,
            step_s,
        })
        .collect())
}

/// Operations of each layer of a network for one image, forwards and backwards. Each layer that
/// multiplies stands for one layer of the model, in the same order: fusion joins it with layers that do not.
fn operations_per_image(
    model: &Model,
    info: &DatasetInfo,
    layers: &[Box<dyn Layer>],
) -> Result<Vec<[f64; 2]>> {
    let architecture = model.architecture(info)?;
    let mut macs = architecture
        .layers
        .iter()
        .map(|layer| layer.macs)
        .filter(|&macs| macs > 0);
    let mut passes_back = 1.0;
    let operations = layers.iter().map(|layer| {
        if !multiplies(layer.as_ref()) {
            return [0.0; 2];
        }
        let forward = 2.0 * macs.next().unwrap_or(0) as f64;
        // Only the first layer makes no gradient of its input.
        let backward = std::mem::replace(&mut passes_back, 2.0) * forward;
        [forward, backward]
    });
    Ok(operations.collect())
}

/// Whether the layer is or holds a convolution or a dense layer.
fn multiplies(layer: &dyn Layer) -> bool {
    layer.parameters().iter().any(|parameter| {
        matches!(
            parameter.kind(),
            ParameterKind::ConvolutionKernel
                | ParameterKind::DepthwiseKernel
                | ParameterKind::DenseKernel { .. }
        )
    })
}

struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    /// Seconds since the last lap.
    fn lap_s(&mut self) -> f64 {
        let now = Instant::now();
        (now - std::mem::replace(&mut self.0, now)).as_secs_f64()
    }
}

/// Times at which a backward pass comes by.
#[derive(Default)]
struct Stamps(Rc<RefCell<Vec<Instant>>>);

impl Stamps {
    /// Notes the time when the backward pass has gone through everything that is recorded later.
    fn stamp(&self, pass: &mut TrainingPass) {
        let stamps = Rc::clone(&self.0);
        pass.on_backward(move || stamps.borrow_mut().push(Instant::now()));
    }
}
