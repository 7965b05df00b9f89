//! What the sweeps of a spec expand into.

use std::collections::BTreeSet;

use pipelines::files::plan::{Selection, steps, training_phases};
use pipelines::files::step::Step;
use pipelines::spec::{Layer, Spec};

fn spec(sweep: &str) -> Spec {
    let text = format!("extends = \"smoke\"\ndescription = \"\"\n{sweep}");
    Spec::from_text("sweep.toml", &text).unwrap()
}

/// The example of `docs/cluster.md`, as it stands there.
fn documented() -> Spec {
    let page = include_str!("../../docs/cluster.md");
    let example = page.split("```toml\n").nth(1).unwrap();
    spec(example.split("```").next().unwrap())
}

#[test]
fn the_documented_example_draws_as_many_different_candidates_as_it_says() {
    let spec = documented();
    let sweep = &spec.sweeps[0];
    assert_eq!(
        (sweep.candidates.len(), &sweep.seeds[..]),
        (40, &[0, 1][..])
    );
    let names: BTreeSet<&str> = sweep
        .candidates
        .iter()
        .map(|of| of.model.name.as_str())
        .collect();
    assert_eq!(names.len(), 40);
    for candidate in &sweep.candidates {
        let model = &candidate.model;
        assert_eq!(model.extends.as_deref(), Some("model-7"));
        assert!([32, 64, 128].contains(&model.batch_size));
        let rate = model.optimizer.learning_rate();
        assert!((1e-4..=1e-2).contains(&rate), "{rate}");
        let Layer::Dropout { rate, .. } = model.layers[7] else {
            panic!("{:?}", model.layers[7]);
        };
        assert!([0.3, 0.4, 0.5].contains(&rate));
        let policy = spec.policy(model.augmentation.policy().unwrap()).unwrap();
        assert!(policy.name.starts_with("affine-"), "{}", policy.name);
        assert!(policy.rotation_deg.unwrap() <= 15.0);
        assert_eq!(policy.shear_deg, Some(5.7), "what is not varied stays");
    }
    // What the spec says is what the winner is until it is known.
    assert_eq!(spec.model("tuned").unwrap().batch_size, 128);
    assert_eq!(spec.as_written(), spec);
}

#[test]
fn more_samples_keep_the_candidates_that_were_drawn() {
    let of = |samples: u32| {
        let spec = spec(&format!(
            "[[sweep]]\nname = \"rate\"\nextends = \"model-8\"\nsamples = {samples}\n[sweep.parameters]\n\
             \"optimizer.learning_rate\" = {{ log_uniform = [1e-4, 1e-2] }}\n"
        ));
        let candidates = spec.sweeps[0].candidates.iter();
        candidates
            .map(|of| of.model.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(20)[..5], of(5)[..]);
}

#[test]
fn candidates_that_share_a_varied_policy_share_its_shards_and_winners_come_last() {
    let spec = spec(
        "[[sweep]]\nname = \"turn\"\nextends = \"model-5\"\nhalving = { factor = 2, min_epochs = 1 }\n\
         [sweep.parameters]\n\"augmentation.rotation_deg\" = [5.0, 20.0]\nbatch_size = [32, 64]\n",
    );
    let selection = Selection {
        models: vec!["model-5".into(), "turn".into()],
        ..Selection::default()
    };
    let steps = steps(&spec, &selection).unwrap();
    let augments = steps
        .iter()
        .filter(|step| matches!(step, Step::Augment { .. }))
        .count();
    assert_eq!(
        augments, 3,
        "the policy itself and two varied ones: {steps:?}"
    );
    let phases = training_phases(&spec, &selection).unwrap();
    let sizes: Vec<usize> = phases.iter().map(Vec::len).collect();
    // Model 5 and four candidates, the candidates after their halt, the winner.
    assert_eq!(sizes, [5, 4, 1]);
}

#[test]
fn a_spec_with_sweeps_that_is_shown_reads_as_the_same_spec() {
    let spec = documented();
    let shown = Spec::from_text(&spec.path, &spec.show()).unwrap();
    assert_eq!(shown.sweeps[0].candidates, spec.sweeps[0].candidates);
    assert_eq!(
        serde_json::to_value(&shown).unwrap(),
        serde_json::to_value(&spec).unwrap()
    );
}
