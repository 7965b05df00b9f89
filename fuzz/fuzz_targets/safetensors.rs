//! Weights and checkpoints: an error, or every parameter replaced.
#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use pipelines::files::fingerprint::Fingerprint;
use pipelines::spec::Spec;
use pipelines::stage::Stage;
use train::checkpoint;
use train::trainer::Trainer;
use train::weights;

const TINY: &str = include_str!("../../xtask/tests/reliability/tiny.toml");

fn spec() -> &'static Spec {
    static SPEC: OnceLock<Spec> = OnceLock::new();
    SPEC.get_or_init(|| Spec::from_text("tiny.toml", TINY).unwrap())
}

fuzz_target!(|bytes: &[u8]| {
    let model = spec().model("convolution").unwrap();
    let mut trainer = Trainer::new(model, &spec().data.info().unwrap(), 0).unwrap();
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
