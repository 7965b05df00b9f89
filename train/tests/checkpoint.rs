//! What a checkpoint holds comes back to the last bit, and nothing else is taken for one.

use std::collections::BTreeMap;
use std::fs;

use pipelines::files::fingerprint::Fingerprint;
use pipelines::files::layout::CHECKPOINT_FILE;
use pipelines::spec::{Optimizer, Spec};
use pipelines::stage::Stage;
use pipelines::tables::history::{EpochRecord, EpochTiming};
use proptest::prelude::*;
use train::batches::Batch;
use train::checkpoint;
use train::fit::Progress;
use train::trainer::Trainer;

fn made_from(seed: u64) -> Fingerprint {
    Fingerprint {
        stage: Stage::Train,
        stage_version: 1,
        spec: serde_json::json!({ "seed": seed }),
        inputs: BTreeMap::new(),
    }
}

/// The MLP after three steps from `seed`.
fn trainer(optimizer: &Optimizer, seed: u64) -> Trainer {
    let spec = Spec::load("paper").unwrap();
    let mut model = spec.model("model-8").unwrap().clone();
    model.optimizer = optimizer.clone();
    let mut trainer = Trainer::new(&model, &spec.data.info().unwrap(), seed).unwrap();
    for step in 0..3 {
        let batch = Batch {
            pixels: (0..2 * 784)
                .map(|at| (at * (step + 2) % 7) as f32 / 7.0)
                .collect(),
            labels: vec![3, 8],
        };
        trainer.step(batch).unwrap();
    }
    trainer
}

fn progress() -> Progress {
    Progress {
        history: vec![EpochRecord {
            epoch: 1,
            train_loss: 0.1 + 0.2,
            train_accuracy: 1.0 / 3.0,
            validation_loss: Some(f64::MIN_POSITIVE),
            validation_accuracy: Some(1.0),
            learning_rate: 1e-3,
            train_inference_loss: None,
            train_inference_accuracy: None,
        }],
        timings: vec![EpochTiming {
            epoch: 1,
            duration_s: 12.25,
            images_per_s: 1e5 / 3.0,
        }],
        validation_logits: None,
    }
}

fn state(trainer: &Trainer) -> Vec<Vec<f32>> {
    let weights = trainer
        .network
        .parameters()
        .map(|parameter| parameter.values());
    let optimizer = trainer
        .optimizer
        .state(&trainer.network)
        .map(|(_, values)| values);
    weights.chain(optimizer).map(<[f32]>::to_vec).collect()
}

#[test]
fn a_checkpoint_brings_back_every_bit_for_every_optimizer() {
    let optimizers = [
        r#"{"name":"adam","learning_rate":0.001,"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7}"#,
        r#"{"name":"adamw","learning_rate":0.001,"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7,"weight_decay":0.1}"#,
        r#"{"name":"sgd","learning_rate":0.01,"momentum":0.0,"nesterov":false}"#,
        r#"{"name":"sgd","learning_rate":0.01,"momentum":0.9,"nesterov":true}"#,
        r#"{"name":"rmsprop","learning_rate":0.001,"rho":0.9,"epsilon":1e-7}"#,
        r#"{"name":"adadelta","learning_rate":1.0,"rho":0.95,"epsilon":1e-7}"#,
        r#"{"name":"adamax","learning_rate":0.001,"beta_1":0.9,"beta_2":0.999,"epsilon":1e-7}"#,
    ];
    for optimizer in optimizers {
        let optimizer: Optimizer = serde_json::from_str(optimizer).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let saved = trainer(&optimizer, 0);
        checkpoint::save(folder.path(), &made_from(0), &saved, &progress(), 98.5).unwrap();
        let mut loaded = trainer(&optimizer, 1);
        assert_ne!(state(&loaded), state(&saved));
        let found = checkpoint::load(folder.path(), &made_from(0), &mut loaded).unwrap();
        assert_eq!(found, Some((progress(), 98.5)));
        assert_eq!(state(&loaded), state(&saved), "{optimizer:?}");
        assert_eq!(loaded.optimizer.iterations(), 3);
    }
}

#[test]
fn no_checkpoint_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut trainer = trainer(&sgd(), 0);
    let found = checkpoint::load(folder.path(), &made_from(0), &mut trainer).unwrap();
    assert_eq!(found, None);
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut trainer = trainer(&sgd(), 0);
    checkpoint::save(folder.path(), &made_from(0), &trainer, &progress(), 1.0).unwrap();
    let error = checkpoint::load(folder.path(), &made_from(1), &mut trainer).unwrap_err();
    let error = format!("{error:#}");
    assert!(
        error.contains("expected a checkpoint of this run"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Any flipped bit and any missing end.
    #[test]
    fn a_damaged_checkpoint_is_refused(place: prop::sample::Index, bit in 0..8, cut: bool) {
        let folder = tempfile::tempdir().unwrap();
        let mut trainer = trainer(&sgd(), 0);
        checkpoint::save(folder.path(), &made_from(0), &trainer, &progress(), 1.0).unwrap();
        let path = folder.path().join(CHECKPOINT_FILE);
        let mut bytes = fs::read(&path).unwrap();
        // Half of the places in the header, which is a hundredth of the file.
        let end = if bit % 2 == 0 { 2000 } else { bytes.len() };
        let place = place.index(end);
        if cut {
            bytes.truncate(place);
        } else {
            bytes[place] ^= 1_u8 << bit;
        }
        fs::write(&path, &bytes).unwrap();
        let loaded = checkpoint::load(folder.path(), &made_from(0), &mut trainer);
        prop_assert!(loaded.is_err());
    }
}

fn sgd() -> Optimizer {
    Optimizer::Sgd {
        learning_rate: 0.01,
        momentum: 0.0,
        nesterov: false,
        weight_decay: 0.0,
    }
}
