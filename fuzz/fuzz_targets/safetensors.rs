//! Weights and checkpoints: an error, or every parameter replaced.
#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use pipelines::files::fingerprint::Fingerprint;
use pipelines::spec::{Model, Spec};
use pipelines::stage::Stage;
use train::checkpoint;
use train::trainer::Trainer;
use train::weights;

const TINY: &str = include_str!("../../xtask/tests/reliability/tiny.toml");

fn model() -> &'static Model {
    static MODEL: OnceLock<Model> = OnceLock::new();
    MODEL.get_or_init(|| {
        let spec = Spec::from_text("tiny.toml", TINY).unwrap();
        spec.model("convolution").unwrap().clone()
    })
}

fuzz_target!(|bytes: &[u8]| {
    let mut trainer = Trainer::new(model(), 0).unwrap();
    let _ = weights::decode(Path::new("fuzzed.safetensors"), bytes, &mut trainer.network);
    let made_from = Fingerprint {
        stage: Stage::Train,
        stage_version: Stage::Train.version(),
        spec: serde_json::Value::Null,
        inputs: Default::default(),
    };
    if let Ok((progress, elapsed_s)) = checkpoint::restore(bytes, &made_from, &mut trainer) {
        assert_eq!(progress.history.len(), progress.timings.len());
        let _ = elapsed_s;
    }
});
