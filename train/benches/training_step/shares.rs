use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::time::Instant;

use anyhow::Result;
use pipelines::spec::Model;
use train::autograd::TrainingPass;
use train::kernels::softmax_cross_entropy::Targets;
use train::layers::{parameter_gradients, softmax_cross_entropy};
use train::network::Network;
use train::optimizers::Optimizer;

use crate::steps::Batches;

/// Steps that are timed, after as many that are not.
const STEPS: usize = 30;

/// The part of a step that one thing takes.
pub struct Share {
    name: String,
    forward_s: f64,
    backward_s: f64,
    step_s: f64,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |seconds: f64| 100.0 * seconds / self.step_s;
        write!(
            f,
            "  {:<50} {:>5.1} %  backwards {:>5.1} %",
            self.name,
            percent(self.forward_s),
            percent(self.backward_s)
        )
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
    let mut forward_s = vec![0.0; names.len()];
    let mut backward_s = vec![0.0; names.len()];
    for step in 0..2 * STEPS {
        if step == STEPS {
            forward_s.fill(0.0);
            backward_s.fill(0.0);
        }
        let mut clock = Clock::start();
        let images = batches.next();
        forward_s[0] += clock.lap_s();
        let mut x = network.input(images.labels.len(), images.pixels)?;
        let mut pass = TrainingPass::new(gradients, step as u64);
        let stamps = Stamps::default();
        stamps.stamp(&mut pass);
        for (at, layer) in network.layers_mut().iter_mut().enumerate() {
            x = layer.forward_training(x, &mut pass)?;
            stamps.stamp(&mut pass);
            forward_s[1 + at] += clock.lap_s();
        }
        let layers = names.len() - 3;
        softmax_cross_entropy(&x, &images.labels, &Targets::default(), &mut pass)?;
        forward_s[1 + layers] += clock.lap_s();
        gradients = pass.backward()?;
        // From the loss, behind the last layer, to the first.
        let stamps = stamps.0.take();
        let mut from = clock.0;
        for (at, stamp) in (0..=layers).rev().zip(stamps) {
            backward_s[1 + at] += (stamp - from).as_secs_f64();
            from = stamp;
        }
        clock.lap_s();
        optimizer.step(&mut network, &mut gradients)?;
        forward_s[2 + layers] += clock.lap_s();
    }
    let step_s = forward_s.iter().chain(&backward_s).sum();
    let seconds = forward_s.into_iter().zip(backward_s);
    Ok(names
        .into_iter()
        .zip(seconds)
        .map(|(name, (forward_s, backward_s))| Share {
            name,
            forward_s,
            backward_s,
            step_s,
        })
        .collect())
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
