//! Specs: an error, or a spec whose names stay inside their folders, whose models fit, and which
//! is the same after its fingerprint's way through JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pipelines::files::layout::Layout;
use pipelines::files::plan::{Selection, producers, steps};
use pipelines::spec::Spec;

/// Limit on the size of a spec.
const MAX_SPEC_BYTES: usize = 1 << 20;

fuzz_target!(|text: &str| {
    if text.len() > MAX_SPEC_BYTES {
        return;
    }
    let Ok(spec) = Spec::from_text("fuzzed.toml", text) else {
        return;
    };
    for model in &spec.models {
        // What a spec leaves to the data is not known here.
        if let Ok(info) = spec.data.info() {
            let architecture = model.architecture(&info).unwrap();
            assert!(architecture.parameters() <= 100_000_000);
        }
        let _ = spec.changes(model);
    }
    let json = serde_json::to_value(&spec).unwrap();
    let text = serde_json::to_string(&json).unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap(),
        json
    );

    let layout = Layout::new("root");
    let selection = Selection::default();
    for step in steps(&spec, &selection).unwrap().iter().take(100) {
        let folder = layout.step(&spec, step);
        assert!(folder.starts_with("root/runs/fuzzed") || folder.starts_with("root/data/ingested"));
        let plain = |part| matches!(part, std::path::Component::Normal(_));
        assert!(folder.components().all(plain), "{}", folder.display());
        producers(&spec, &selection, step).unwrap();
    }
});
