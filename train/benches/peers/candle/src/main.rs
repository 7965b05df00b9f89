//! Times whole training steps of candle on model 8, on its own CPU kernels.
//!
//! ```text
//! cargo run --release -- [--threads N] [--seconds S]
//! ```
//!
//! The conventions are those of `../peers.py`: a step is forward, loss, backward and Adam on a
//! batch of random images that already lies in memory, in f32; the figure is the fastest of many
//! short windows after a warm-up. It is printed twice: as `candle images_per_s` and, last, alone.
//!
//! The package is a workspace of its own: nothing of the project but this comparison needs candle.
//! Run cargo in this folder, where `.cargo/config.toml` asks for the instructions of the machine
//! at hand.

use std::error::Error;
use std::process::{Command, exit};
use std::time::{Duration, Instant};
use std::{env, thread};

use candle_core::{DType, Device, Tensor};
use candle_nn::{
    AdamW, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, VarMap, linear, loss::cross_entropy,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const BATCH_SIZE: usize = 64;
const SIDE: usize = 28;
const HIDDEN: usize = 256;
const CLASSES: usize = 10;
/// Read by candle and by its thread pool before the first operation.
const THREADS_VARIABLE: &str = "RAYON_NUM_THREADS";

/// All that a training step reads and changes.
struct Training {
    hidden: Linear,
    output: Linear,
    optimizer: AdamW,
    images: Tensor,
    labels: Tensor,
}

impl Training {
    fn new() -> Result<Self> {
        let device = Device::Cpu;
        let variables = VarMap::new();
        let builder = VarBuilder::from_varmap(&variables, DType::F32, &device);
        let hidden = linear(SIDE * SIDE, HIDDEN, builder.pp("hidden"))?;
        let output = linear(HIDDEN, CLASSES, builder.pp("output"))?;
        // Without its decay this is Adam.
        let adam = ParamsAdamW {
            lr: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-7,
            weight_decay: 0.0,
        };
        Ok(Self {
            hidden,
            output,
            optimizer: AdamW::new(variables.all_vars(), adam)?,
            images: Tensor::rand(0.0_f32, 1.0, (BATCH_SIZE, 1, SIDE, SIDE), &device)?,
            labels: Tensor::rand(0.0_f32, CLASSES as f32, BATCH_SIZE, &device)?
                .to_dtype(DType::U32)?,
        })
    }

    /// One step, up to the loss as a number.
    fn step(&mut self) -> Result<()> {
        let hidden = self.hidden.forward(&self.images.flatten_from(1)?)?.relu()?;
        let loss = cross_entropy(&self.output.forward(&hidden)?, &self.labels)?;
        self.optimizer.backward_step(&loss)?;
        assert!(
            loss.to_scalar::<f32>()?.is_finite(),
            "the loss is not finite"
        );
        Ok(())
    }
}

/// Images a second: the fastest of many short windows, after a warm-up.
fn rate(mut training: Training, duration: Duration) -> Result<f64> {
    for _ in 0..5 {
        training.step()?;
    }
    let (begin, mut best) = (Instant::now(), 0.0_f64);
    while begin.elapsed() < duration {
        let (start, mut steps) = (Instant::now(), 0);
        while start.elapsed() < Duration::from_millis(500) {
            training.step()?;
            steps += 1;
        }
        best = best.max((steps * BATCH_SIZE) as f64 / start.elapsed().as_secs_f64());
    }
    Ok(best)
}

fn main() -> Result<()> {
    let mut threads = thread::available_parallelism()?.get();
    let mut seconds = 6.0;
    let mut arguments = env::args().skip(1);
    while let Some(option) = arguments.next() {
        let value = arguments
            .next()
            .ok_or_else(|| format!("{option} needs a value"))?;
        match option.as_str() {
            "--threads" => threads = value.parse()?,
            "--seconds" => seconds = value.parse()?,
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    let threads = threads.to_string();
    if env::var(THREADS_VARIABLE).as_deref() != Ok(threads.as_str()) {
        // Starting over with the variable in place is the safe way to set it.
        let mut again = Command::new(env::current_exe()?);
        let status = again
            .args(env::args().skip(1))
            .env(THREADS_VARIABLE, threads)
            .status()?;
        exit(status.code().unwrap_or(1));
    }
    let images_per_s = rate(Training::new()?, Duration::from_secs_f64(seconds))?;
    println!("candle {images_per_s:.0}");
    println!("{images_per_s:.0}");
    Ok(())
}
