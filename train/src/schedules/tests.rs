use pipelines::spec::{Anneal, Monitor, Spec};

use super::*;

fn model(schedule: Schedule, learning_rate: f64, epochs: u32) -> Model {
    let spec = Spec::load("paper").unwrap();
    let mut model = spec.model("model-1").unwrap().clone();
    model.optimizer = pipelines::spec::Optimizer::Sgd {
        learning_rate,
        momentum: 0.0,
        nesterov: false,
        weight_decay: 0.0,
    };
    model.schedule = schedule;
    model.epochs = epochs;
    model
}

/// Rates of one epoch more than there are validation figures.
fn rates(schedule: Schedule, epochs: u32, figures: &[f64]) -> Vec<f64> {
    let model = model(schedule, 0.01, epochs);
    let history: Vec<_> = (1..)
        .zip(figures)
        .map(|(epoch, &figure)| EpochRecord {
            epoch,
            train_loss: 1.0,
            train_accuracy: 0.5,
            validation_loss: Some(figure),
            validation_accuracy: Some(figure),
            learning_rate: 0.0,
            train_inference_loss: None,
            train_inference_accuracy: None,
        })
        .collect();
    (0..=figures.len())
        .map(|epoch| learning_rate(&model, &history[..epoch], 0, 1))
        .collect()
}

fn check(schedule: Schedule, epochs: u32, figures: &[f64], expected: &[f64]) {
    let found = rates(schedule, epochs, figures);
    assert_eq!(found.len(), expected.len());
    for (epoch, (found, expected)) in found.iter().zip(expected).enumerate() {
        // Keras keeps its rates in f32.
        let close = (found / expected - 1.0).abs() < 2e-7;
        assert!(
            close,
            "epoch {epoch}: expected {expected:e}, found {found:e}"
        );
    }
}

#[test]
fn constant_is_constant() {
    check(Schedule::Constant {}, 3, &[1.0, 2.0], &[0.01; 3]);
}

/// `keras.callbacks.LearningRateScheduler(lambda epoch, lr: lr if epoch < 10 else lr *
/// math.exp(-0.1))` on SGD(0.01).
#[test]
fn hold_then_exponential_is_the_example_of_keras() {
    let mut expected = vec![0.01; 10];
    expected.extend([
        0.009_048_374_369_740_486,
        0.008_187_307_976_186_275,
        0.007_408_182_602_375_746,
        0.006_703_200_750_052_929,
    ]);
    let schedule = Schedule::HoldThenExponential {
        hold_epochs: 10,
        decay: 0.1,
    };
    check(schedule, 14, &[1.0; 13], &expected);
}

/// `keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.1, patience=2,
/// min_delta=1e-4, cooldown=2, min_lr=5e-5)` on SGD(0.01).
#[test]
fn reduce_on_plateau_waits_cools_down_and_stops_as_keras_does() {
    let schedule = Schedule::ReduceOnPlateau {
        monitor: Monitor::ValLoss,
        factor: 0.1,
        patience: 2,
        min_delta: 1e-4,
        cooldown: 2,
        min_learning_rate: 5e-5,
    };
    let losses = [
        1.0, 0.9, 0.95, 0.9, 0.89995, 0.8, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85,
    ];
    let expected = [
        1e-2, 1e-2, 1e-2, 1e-2, 1e-3, 1e-3, 1e-3, 1e-3, 1e-4, 1e-4, 1e-4, 5e-5, 5e-5, 5e-5,
    ];
    check(schedule, 14, &losses, &expected);
}

/// `keras.callbacks.ReduceLROnPlateau(monitor="val_accuracy", factor=0.5, patience=1,
/// min_delta=0.0, cooldown=0, min_lr=0.0)` on SGD(0.01).
#[test]
fn reduce_on_plateau_takes_a_higher_accuracy_for_better() {
    let schedule = Schedule::ReduceOnPlateau {
        monitor: Monitor::ValAccuracy,
        factor: 0.5,
        patience: 1,
        min_delta: 0.0,
        cooldown: 0,
        min_learning_rate: 0.0,
    };
    let accuracies = [0.5, 0.6, 0.6, 0.59, 0.61, 0.61, 0.61];
    let expected = [0.01, 0.01, 0.01, 0.005, 0.0025, 0.0025, 0.00125, 0.000_625];
    check(schedule, 8, &accuracies, &expected);
}

/// `torch.optim.lr_scheduler.CosineAnnealingLR(SGD(lr=0.01), T_max=5, eta_min=1e-4)`.
#[test]
fn cosine_is_that_of_pytorch() {
    let schedule = Schedule::Cosine {
        min_learning_rate: 1e-4,
        interval: Interval::Epoch,
        warmup_fraction: 0.0,
        initial_learning_rate: 0.0,
    };
    let expected = [
        0.01,
        0.009_054_634_122_155_99,
        0.006_579_634_122_155_991,
        0.003_520_365_877_844_011,
        0.001_045_365_877_844_011,
    ];
    check(schedule, 5, &[1.0; 4], &expected);
}

/// `torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=10, pct_start=0.3,
/// div_factor=25, final_div_factor=1e4)`.
#[test]
fn one_cycle_is_that_of_pytorch() {
    let schedule = Schedule::OneCycle {
        max_learning_rate: 0.1,
        warmup_fraction: 0.3,
        initial_divisor: 25.0,
        final_divisor: 1e4,
        interval: Interval::Epoch,
        anneal_strategy: Anneal::Cos,
    };
    let expected = [
        0.004,
        0.052,
        0.1,
        0.095_048_463_201_347_38,
        0.081_174_565_394_976_3,
        0.061_126_202_193_628_93,
        0.038_874_197_806_371_07,
        0.018_825_834_605_023_7,
        0.004_951_936_798_652_629,
        4e-7,
    ];
    check(schedule, 10, &[1.0; 9], &expected);
}

/// The same with total_steps=7, pct_start=0.25, div_factor=10, final_div_factor=100: the peak
/// lies between two epochs.
#[test]
fn one_cycle_peaks_between_epochs_as_pytorchs_does() {
    let schedule = Schedule::OneCycle {
        max_learning_rate: 0.1,
        warmup_fraction: 0.25,
        initial_divisor: 10.0,
        final_divisor: 100.0,
        interval: Interval::Epoch,
        anneal_strategy: Anneal::Cos,
    };
    let expected = [
        0.01,
        0.099_442_099_769_945_17,
        0.086_665_940_997_899_83,
        0.061_164_920_651_117_91,
        0.031_801_215_832_898_57,
        0.008_779_373_222_916_066,
        0.0001,
    ];
    check(schedule, 7, &[1.0; 6], &expected);
}

#[test]
fn a_warm_up_of_one_epoch_begins_at_the_highest_rate() {
    let schedule = Schedule::OneCycle {
        max_learning_rate: 0.1,
        warmup_fraction: 0.5,
        initial_divisor: 10.0,
        final_divisor: 100.0,
        interval: Interval::Epoch,
        anneal_strategy: Anneal::Cos,
    };
    check(schedule, 2, &[1.0], &[0.1, 0.0001]);
}

/// Rates of every step of `epochs` epochs of `steps` steps.
fn step_rates(schedule: Schedule, epochs: u32, steps: usize) -> Vec<f64> {
    let model = model(schedule, 0.4, epochs);
    let epoch = EpochRecord {
        epoch: 0,
        train_loss: 1.0,
        train_accuracy: 0.5,
        validation_loss: None,
        validation_accuracy: None,
        learning_rate: 0.0,
        train_inference_loss: None,
        train_inference_accuracy: None,
    };
    let history = vec![epoch; epochs as usize];
    (0..epochs as usize)
        .flat_map(|epoch| (0..steps).map(move |step| (epoch, step)))
        .map(|(epoch, step)| learning_rate(&model, &history[..epoch], step, steps))
        .collect()
}

/// `keras.optimizers.schedules.CosineDecay(0.0, decay_steps=20, alpha=0.05, warmup_target=0.4,
/// warmup_steps=5)` at steps 0 to 24.
#[test]
fn a_cosine_by_steps_with_warm_up_is_that_of_keras() {
    let reference = include_bytes!("../../tests/reference/schedules.safetensors");
    let file = safetensors::SafeTensors::deserialize(reference).unwrap();
    let expected = crate::weights::from_bytes(file.tensor("cosine_decay_warmup").unwrap().data());
    let schedule = Schedule::Cosine {
        min_learning_rate: 0.02,
        interval: Interval::Step,
        warmup_fraction: 0.2,
        initial_learning_rate: 0.0,
    };
    let found = step_rates(schedule, 5, 5);
    assert_eq!(found.len(), 25);
    for (step, (found, expected)) in found.into_iter().zip(expected).enumerate() {
        let difference = (found - f64::from(expected)).abs();
        assert!(difference < 1e-7, "step {step}: {found} {expected}");
    }
}

/// `torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=10, pct_start=0.3,
/// div_factor=25, final_div_factor=1e4, anneal_strategy="linear")`, and PyTorch 2.15's cosine form
/// of the test above, over two epochs of five steps.
#[test]
fn one_cycle_by_steps_is_that_of_pytorch() {
    let schedule = |anneal_strategy| Schedule::OneCycle {
        max_learning_rate: 0.1,
        warmup_fraction: 0.3,
        initial_divisor: 25.0,
        final_divisor: 1e4,
        interval: Interval::Step,
        anneal_strategy,
    };
    let linear = [
        0.004,
        0.052,
        0.1,
        0.085_714_342_857_142_86,
        0.071_428_685_714_285_72,
        0.057_143_028_571_428_58,
        0.042_857_371_428_571_434,
        0.028_571_714_285_714_284,
        0.014_286_057_142_857_148,
        4e-7,
    ];
    let cosine = rates(
        Schedule::OneCycle {
            max_learning_rate: 0.1,
            warmup_fraction: 0.3,
            initial_divisor: 25.0,
            final_divisor: 1e4,
            interval: Interval::Epoch,
            anneal_strategy: Anneal::Cos,
        },
        10,
        &[1.0; 9],
    );
    let found = [Anneal::Linear, Anneal::Cos].map(|anneal| step_rates(schedule(anneal), 2, 5));
    for (found, expected) in found.iter().zip([&linear[..], &cosine]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }
}

/// `torch.optim.lr_scheduler.SequentialLR` of `LinearLR(start_factor=0.2, total_iters=4)` and
/// `LinearLR(1, end_factor=0.02, total_iters=6)` with milestone 4, on SGD(0.4).
#[test]
fn a_straight_line_with_warm_up_is_that_of_pytorch() {
    let schedule = Schedule::Linear {
        min_learning_rate: 0.008,
        interval: Interval::Step,
        warmup_fraction: 0.4,
        initial_learning_rate: 0.08,
    };
    let expected = [
        0.08,
        0.16,
        0.24,
        0.32,
        0.4,
        0.334_666_666_666_666_67,
        0.269_333_333_333_333_3,
        0.204,
        0.138_666_666_666_666_66,
        0.073_333_333_333_333_33,
    ];
    let found = step_rates(schedule, 2, 5);
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }
}
