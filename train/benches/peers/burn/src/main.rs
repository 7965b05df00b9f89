//! Times whole training steps of burn on the models of the study, on its CPU backends.
//!
//! ```text
//! cargo run --release -- [--threads N] [--seconds S] [--models model-1,model-8]
//! ```
//!
//! The conventions are those of `../peers.py`: a step is forward, loss, backward and Adam on a
//! batch of random images that already lies in memory, in f32, with dropout and batch
//! normalisation on; the figure is the fastest of many short windows after a warm-up. Each backend
//! runs in a process of its own, so that it reads the number of threads before it starts any.
//!
//! For every model there is a line with its name, a line `backend images_per_s` for each backend
//! and, last, the largest of these figures alone.
//!
//! The package is a workspace of its own: burn brings hundreds of packages into a lock file, and
//! nothing of the project but this comparison needs them. Run cargo in this folder, where
//! `.cargo/config.toml` asks for the instructions of the machine at hand.

use std::error::Error;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Distribution, Int, Tensor};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const SIDE: usize = 28;
const CLASSES: usize = 10;
const LEARNING_RATE: f64 = 1e-3;
/// Every convolution of the study is 3 x 3 without padding; the first two are pooled by 2.
const KERNEL: usize = 3;
const POOLED: usize = 2;

const BACKENDS: [&str; 2] = ["flex", "ndarray"];

/// One model of the study.
struct Spec {
    name: &'static str,
    filters: &'static [usize],
    batch_norm: bool,
    dense: &'static [usize],
    dropout: &'static [f64],
    batch_size: usize,
}

#[rustfmt::skip]
const MODELS: [Spec; 6] = [
    Spec { name: "model-1", filters: &[32, 64, 64], batch_norm: false, dense: &[64], dropout: &[], batch_size: 64 },
    Spec { name: "model-2", filters: &[32, 64, 128], batch_norm: false, dense: &[128, 64], dropout: &[0.5], batch_size: 64 },
    Spec { name: "model-4", filters: &[32, 64, 128], batch_norm: true, dense: &[256, 128], dropout: &[0.4, 0.3], batch_size: 64 },
    Spec { name: "model-6", filters: &[64, 128, 256], batch_norm: true, dense: &[512, 256], dropout: &[0.4, 0.3], batch_size: 64 },
    Spec { name: "model-7", filters: &[64, 128, 256], batch_norm: false, dense: &[256, 128], dropout: &[0.2], batch_size: 128 },
    Spec { name: "model-8", filters: &[], batch_norm: false, dense: &[256], dropout: &[], batch_size: 64 },
];

/// The layers of a model, in the order in which they are applied.
#[derive(Module, Debug)]
struct Network {
    convolutions: Vec<Conv2d>,
    norms: Vec<BatchNorm>,
    pool: MaxPool2d,
    dense: Vec<Linear>,
    dropout: Vec<Dropout>,
    output: Linear,
}

impl Network {
    fn new(spec: &Spec, device: &Device) -> Self {
        let (mut channels, mut side) = (1, SIDE);
        let (mut convolutions, mut norms) = (Vec::new(), Vec::new());
        for (index, &filters) in spec.filters.iter().enumerate() {
            convolutions.push(Conv2dConfig::new([channels, filters], [KERNEL; 2]).init(device));
            if spec.batch_norm {
                norms.push(BatchNormConfig::new(filters).init(device));
            }
            side -= KERNEL - 1;
            if index < POOLED {
                side /= 2;
            }
            channels = filters;
        }
        let mut inputs = channels * side * side;
        let mut dense = Vec::new();
        for &units in spec.dense {
            dense.push(LinearConfig::new(inputs, units).init(device));
            inputs = units;
        }
        Self {
            convolutions,
            norms,
            pool: MaxPool2dConfig::new([2, 2]).init(),
            dense,
            dropout: spec
                .dropout
                .iter()
                .map(|&rate| DropoutConfig::new(rate).init())
                .collect(),
            output: LinearConfig::new(inputs, CLASSES).init(device),
        }
    }

    /// The logits of a batch of images.
    fn forward(&self, mut images: Tensor<4>) -> Tensor<2> {
        for (index, convolution) in self.convolutions.iter().enumerate() {
            images = relu(convolution.forward(images));
            if let Some(norm) = self.norms.get(index) {
                images = norm.forward(images);
            }
            if index < POOLED {
                images = self.pool.forward(images);
            }
        }
        let mut features = images.flatten(1, 3);
        for (index, dense) in self.dense.iter().enumerate() {
            features = relu(dense.forward(features));
            if let Some(dropout) = self.dropout.get(index) {
                features = dropout.forward(features);
            }
        }
        self.output.forward(features)
    }
}

/// All that a training step reads and changes.
struct Training {
    network: Network,
    optimizer: ModuleOptimizer,
    loss: CrossEntropyLoss,
    images: Tensor<4>,
    labels: Tensor<1, Int>,
}

impl Training {
    fn new(spec: &Spec, device: &Device) -> Self {
        let batch = spec.batch_size;
        Self {
            network: Network::new(spec, device),
            optimizer: AdamConfig::new().with_epsilon(1e-7).init(),
            loss: CrossEntropyLossConfig::new().init(device),
            images: Tensor::random(
                [batch, 1, SIDE, SIDE],
                Distribution::Uniform(0.0, 1.0),
                device,
            ),
            labels: Tensor::random([batch], Distribution::Uniform(0.0, CLASSES as f64), device),
        }
    }

    /// One step, up to the loss as a number.
    fn step(mut self) -> Self {
        let logits = self.network.forward(self.images.clone());
        let loss = self.loss.forward(logits, self.labels.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
        // The update takes the network by value and can so work in place.
        self.network = self.optimizer.step(LEARNING_RATE, self.network, gradients);
        assert!(
            loss.into_scalar::<f32>().is_finite(),
            "the loss is not finite"
        );
        self
    }
}

/// Images a second: the fastest of many short windows, after a warm-up.
fn rate(mut training: Training, batch_size: usize, duration: Duration) -> f64 {
    for _ in 0..5 {
        training = training.step();
    }
    let (begin, mut best) = (Instant::now(), 0.0_f64);
    while begin.elapsed() < duration {
        let (start, mut steps) = (Instant::now(), 0);
        while start.elapsed() < Duration::from_millis(500) {
            training = training.step();
            steps += 1;
        }
        best = best.max((steps * batch_size) as f64 / start.elapsed().as_secs_f64());
    }
    best
}

fn device(backend: &str) -> Result<Device> {
    match backend {
        "flex" => Ok(Device::flex()),
        #[expect(deprecated, reason = "it is timed for as long as burn has it")]
        "ndarray" => Ok(Device::ndarray()),
        _ => Err(format!("burn has no backend {backend} here").into()),
    }
}

struct Arguments {
    threads: usize,
    seconds: f64,
    models: Vec<&'static Spec>,
    /// The backend to time in this very process.
    child: Option<String>,
}

impl Arguments {
    fn parse() -> Result<Self> {
        let mut parsed = Self {
            threads: thread::available_parallelism()?.get(),
            seconds: 6.0,
            models: vec![model("model-8")?],
            child: None,
        };
        let mut arguments = env::args().skip(1);
        while let Some(option) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{option} needs a value"))?;
            match option.as_str() {
                "--threads" => parsed.threads = value.parse()?,
                "--seconds" => parsed.seconds = value.parse()?,
                "--models" => parsed.models = value.split(',').map(model).collect::<Result<_>>()?,
                "--child" => parsed.child = Some(value),
                _ => return Err(format!("unknown option {option}").into()),
            }
        }
        Ok(parsed)
    }
}

fn model(name: &str) -> Result<&'static Spec> {
    let found = MODELS.iter().find(|spec| spec.name == name);
    found.ok_or_else(|| format!("there is no model {name} here").into())
}

/// Times one backend on one model in a process of its own.
fn child_rate(backend: &str, spec: &Spec, arguments: &Arguments) -> Result<f64> {
    let threads = arguments.threads.to_string();
    let output = Command::new(env::current_exe()?)
        .args(["--child", backend, "--models", spec.name])
        .args(["--seconds", &arguments.seconds.to_string()])
        .env("RAYON_NUM_THREADS", &threads)
        // The products of `ndarray` have threads of their own.
        .env("MATMUL_NUM_THREADS", &threads)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{backend} failed on {}", spec.name).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

fn main() -> Result<()> {
    let arguments = Arguments::parse()?;
    if let Some(backend) = &arguments.child {
        let (spec, device) = (arguments.models[0], device(backend)?.autodiff());
        let duration = Duration::from_secs_f64(arguments.seconds);
        println!(
            "{}",
            rate(Training::new(spec, &device), spec.batch_size, duration)
        );
        return Ok(());
    }
    for spec in &arguments.models {
        println!("{}", spec.name);
        let mut fastest = 0.0_f64;
        for backend in BACKENDS {
            let images_per_s = child_rate(backend, spec, &arguments)?;
            println!("{backend} {images_per_s:.0}");
            fastest = fastest.max(images_per_s);
        }
        println!("{fastest:.0}");
    }
    Ok(())
}
