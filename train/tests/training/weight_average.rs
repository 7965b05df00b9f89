use std::path::Path;

use pipelines::files::fingerprint::Fingerprint;
use pipelines::stage::Stage;
use train::autograd::{Gradients, TrainingPass};
use train::checkpoint;
use train::fit::Progress;
use train::trainer::Trainer;

use crate::model::{images, info, model, values};

const MODEL: &str = r#"
    layers = [
      { type = "conv2d", filters = 4, kernel_size = 3, use_bias = false },
      { type = "batch_normalization" },
      { type = "activation", activation = "relu" },
      { type = "conv2d", filters = 5, kernel_size = 3, activation = "relu" },
      { type = "batch_normalization" },
      { type = "global_average_pooling2d" },
      { type = "dense", units = 5 },
    ]
    optimizer = { name = "sgd", learning_rate = 0.3, momentum = 0.9 }
    ema_momentum = 0.8
"#;

fn trainer(steps: u64) -> Trainer {
    let mut trainer = Trainer::new(&model(MODEL), &info(), 0).unwrap();
    for step in 0..steps {
        trainer.step(images(step)).unwrap();
    }
    trainer
}

#[test]
fn the_average_begins_with_the_first_weights_and_follows_them() {
    let mut expected: Option<Vec<f32>> = None;
    for steps in 1..4 {
        let trainer = trainer(steps);
        let weights = trainer.network.parameters().next().unwrap().values();
        let next = match expected {
            None => weights.to_vec(),
            Some(old) => old
                .iter()
                .zip(weights)
                .map(|(a, w)| 0.8 * a + 0.2 * w)
                .collect(),
        };
        let average = trainer.average.as_ref().unwrap();
        let (name, found) = average.values(&trainer.network).next().unwrap();
        assert_eq!(name, "conv1.weight");
        for (found, expected) in found.iter().zip(&next) {
            assert!(
                (found - expected).abs() < 1e-6,
                "{steps}: {found} {expected}"
            );
        }
        expected = Some(next);
    }
}

/// Running statistics made anew are those of the averaged weights: inference on the images that they were
/// made from gives what a training-mode pass does, which the network's own running values do not.
#[test]
fn running_statistics_belong_to_the_averaged_weights() {
    let mut trainer = trainer(20);
    let raw = values(&trainer.network);
    trainer.swap_average();
    let logits = |trainer: &Trainer| {
        let x = trainer.network.input(7, images(5).pixels).unwrap();
        trainer.network.forward(x).unwrap().values().to_vec()
    };
    let stale = logits(&trainer);
    trainer.calibrate(std::iter::once(images(5))).unwrap();
    let found = logits(&trainer);
    let x = trainer.network.input(7, images(5).pixels).unwrap();
    let mut pass = TrainingPass::new(Gradients::new([]), 0);
    let expected = trainer.network.forward_training(x, &mut pass).unwrap();
    let distance = |a: &[f32]| -> f32 {
        let pairs = a.iter().zip(expected.values());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    assert!(distance(&found) < 1e-5, "{}", distance(&found));
    assert!(distance(&stale) > 0.01, "{}", distance(&stale));

    // The weights that are trained on are as they were.
    trainer.swap_average();
    assert_eq!(values(&trainer.network), raw);
}

#[test]
fn running_statistics_are_the_mean_over_the_batches() {
    let means = |seeds: &[u64]| -> Vec<f32> {
        let mut trainer = trainer(2);
        trainer
            .calibrate(seeds.iter().map(|&seed| images(seed)))
            .unwrap();
        let parameters = trainer.network.parameters();
        let mut running = parameters.filter(|parameter| !parameter.is_trainable());
        running.next().unwrap().values().to_vec()
    };
    let (one, two, both) = (means(&[3]), means(&[4]), means(&[3, 4]));
    for ((one, two), both) in one.iter().zip(&two).zip(&both) {
        assert!(
            ((one + two) / 2.0 - both).abs() < 1e-6,
            "{one} {two} {both}"
        );
    }
}

#[test]
fn a_run_goes_on_from_its_checkpoint_with_its_average() {
    let made_from = Fingerprint {
        stage: Stage::Train,
        stage_version: 1,
        spec: serde_json::Value::Null,
        inputs: Default::default(),
    };
    let folder = tempfile::tempdir().unwrap();
    let mut saved = trainer(4);
    let save = |folder: &Path, trainer: &Trainer| {
        checkpoint::save(folder, &made_from, trainer, &Progress::default(), 1.0).unwrap();
    };
    save(folder.path(), &saved);
    let mut resumed = trainer(1);
    checkpoint::load(folder.path(), &made_from, &mut resumed)
        .unwrap()
        .unwrap();
    let averages = |trainer: &Trainer| -> Vec<Vec<f32>> {
        let average = trainer.average.as_ref().unwrap();
        let values = average.values(&trainer.network);
        values.map(|(_, values)| values.to_vec()).collect()
    };
    assert_eq!(averages(&resumed), averages(&saved));
    for step in 4..7 {
        saved.step(images(step)).unwrap();
        resumed.step(images(step)).unwrap();
    }
    assert_eq!(averages(&resumed), averages(&saved));
    assert_eq!(values(&resumed.network), values(&saved.network));
}
