//! The study's models have the sizes that Keras reports for them.

use expect_test::{Expect, expect};
use pipelines::spec::{Model, Spec};

fn paper() -> Spec {
    Spec::load("paper").unwrap()
}

// Keras 3.15: `model.count_params()`; MACs of Conv2D and Dense by hand from the shapes of
// `model.summary()`.
#[test]
fn parameters_and_operations_are_those_of_keras() {
    let spec = paper();
    let table: String = spec
        .models
        .iter()
        .map(|model| {
            let architecture = spec.architecture(model).unwrap();
            format!(
                "{} {:>9} {:>10}\n",
                model.name,
                architecture.parameters(),
                architecture.macs()
            )
        })
        .collect();
    expect![[r#"
        model-1     93322    2794240
        model-2    249162    3244800
        model-3    249162    3244800
        model-4    422922    3417472
        model-5    422922    3417472
        model-6   1685514   13277952
        model-7    993930   12588544
        model-8    203530     203264
    "#]]
    .assert_eq(&table);
}

#[test]
fn every_layer_knows_what_comes_in_and_goes_out() {
    let spec = paper();
    let architecture = spec.architecture(spec.model("model-4").unwrap()).unwrap();
    let lines: String = architecture
        .layers
        .iter()
        .map(|layer| {
            let (name, input, output) = (layer.layer.name(), layer.input, layer.output);
            format!("{name}: {input} -> {output}, {}\n", layer.parameters)
        })
        .collect();
    expect![[r#"
        conv2d: 28x28x1 -> 26x26x32, 320
        batch_normalization: 26x26x32 -> 26x26x32, 128
        max_pooling2d: 26x26x32 -> 13x13x32, 0
        conv2d: 13x13x32 -> 11x11x64, 18496
        batch_normalization: 11x11x64 -> 11x11x64, 256
        max_pooling2d: 11x11x64 -> 5x5x64, 0
        conv2d: 5x5x64 -> 3x3x128, 73856
        batch_normalization: 3x3x128 -> 3x3x128, 512
        flatten: 3x3x128 -> 1152, 0
        dense: 1152 -> 256, 295168
        dropout: 256 -> 256, 0
        dense: 256 -> 128, 32896
        dropout: 128 -> 128, 0
        dense: 128 -> 10, 1290
    "#]]
    .assert_eq(&lines);
}

fn check_changes(edit: impl FnOnce(&mut Spec), model: &str, expected: &Expect) {
    let mut spec = paper();
    edit(&mut spec);
    let model: &Model = spec.model(model).unwrap();
    let lines: String = spec
        .changes(model)
        .iter()
        .map(|change| format!("{change}\n"))
        .collect();
    expected.assert_eq(&lines);
}

#[test]
fn changes_are_those_of_the_papers_third_table() {
    check_changes(|_| {}, "model-1", &expect![[""]]);
    check_changes(
        |_| {},
        "model-2",
        &expect![[r#"
        conv2d 3: filters 64 → 128
        dense 1: units 64 → 128
        + dense 2 units=64, activation=relu
        + dropout 1 rate=0.5
        epochs 10 → 15
    "#]],
    );
    check_changes(
        |_| {},
        "model-3",
        &expect![[r#"
        epochs 15 → 50
    "#]],
    );
    check_changes(
        |_| {},
        "model-4",
        &expect![[r#"
        + batch_normalization 1 momentum=0.99, epsilon=0.001
        + batch_normalization 2 momentum=0.99, epsilon=0.001
        + batch_normalization 3 momentum=0.99, epsilon=0.001
        dense 1: units 128 → 256
        dense 2: units 64 → 128
        dropout 1: rate 0.5 → 0.4
        + dropout 2 rate=0.3
    "#]],
    );
    check_changes(
        |_| {},
        "model-5",
        &expect![[r#"
        epochs 15 → 30
        augmentation none → affine
    "#]],
    );
    check_changes(
        |_| {},
        "model-6",
        &expect![[r#"
        conv2d 1: filters 32 → 64
        conv2d 2: filters 64 → 128
        conv2d 3: filters 128 → 256
        dense 1: units 256 → 512
        dense 2: units 128 → 256
        schedule constant → hold_then_exponential hold_epochs=10 decay=0.1
        epochs 30 → 10
    "#]],
    );
    check_changes(
        |_| {},
        "model-7",
        &expect![[r#"
        conv2d 1: filters 32 → 64
        conv2d 2: filters 64 → 128
        conv2d 3: filters 128 → 256
        dense 1: units 128 → 256
        dense 2: units 64 → 128
        dropout 1: rate 0.5 → 0.2
        epochs 15 → 10
        batch_size 64 → 128
    "#]],
    );
    check_changes(
        |_| {},
        "model-8",
        &expect![[r#"
        dense 1: units 64 → 256
        − conv2d 1 filters=32, kernel_size=3, strides=1, padding=valid, activation=relu
        − conv2d 2 filters=64, kernel_size=3, strides=1, padding=valid, activation=relu
        − conv2d 3 filters=64, kernel_size=3, strides=1, padding=valid, activation=relu
        − max_pooling2d 1 pool_size=2, strides=2
        − max_pooling2d 2 pool_size=2, strides=2
        epochs 10 → 15
    "#]],
    );
}

#[test]
fn another_optimizer_is_one_change() {
    let edit = |spec: &mut Spec| {
        spec.models[2].optimizer = pipelines::spec::Optimizer::Sgd {
            learning_rate: 0.1,
            momentum: 0.9,
            nesterov: true,
            weight_decay: 0.0,
        };
    };
    check_changes(
        edit,
        "model-3",
        &expect![[r#"
        optimizer adam learning_rate=0.001 beta_1=0.9 beta_2=0.999 epsilon=1e-7 → sgd learning_rate=0.1 momentum=0.9 nesterov=true
        epochs 15 → 50
    "#]],
    );
}

/// A residual block with a projection, around a sequence.
fn block(filters: usize, with_norm: bool) -> String {
    let convolution = |size: usize, strides: usize| {
        format!(
            r#"{{ "type": "conv2d", "filters": {filters}, "kernel_size": {size}, "strides": {strides},
                 "padding": "same", "activation": "linear" }}"#
        )
    };
    let norm = match with_norm {
        true => r#", { "type": "batch_normalization", "momentum": 0.9, "epsilon": 0.001 }"#,
        false => "",
    };
    format!(
        r#"{{ "type": "residual",
             "layers": [{{ "type": "sequence", "layers": [{}, {}] }}],
             "shortcut": [{}{norm}] }}"#,
        convolution(3, 2),
        convolution(3, 1),
        convolution(1, 2)
    )
}

fn with_block(spec: &mut Spec, model: usize, block: &str) {
    let block = serde_json::from_str(block).unwrap();
    spec.models[model].layers.insert(0, block);
}

#[test]
fn a_container_sums_up_the_layers_inside() {
    let mut spec = paper();
    with_block(&mut spec, 7, &block(4, true));
    let model = &spec.models[7];
    let architecture = spec.architecture(model).unwrap();
    let residual = &architecture.layers[0];
    assert_eq!(residual.output.to_string(), "14x14x4");
    // 3*3*1*4 + 4 and 3*3*4*4 + 4; 1*1*1*4 + 4 and 4*4.
    assert_eq!(residual.parameters, 40 + 148 + 8 + 16);
    assert_eq!(residual.macs, 196 * (36 + 144 + 4));
    let inside = residual.branches.iter().map(Vec::len);
    assert_eq!(inside.collect::<Vec<_>>(), [1, 2]);
    assert_eq!(residual.branches[0][0].branches[0].len(), 2);
}

#[test]
fn changes_of_layers_inside_a_block_are_named_with_the_block() {
    let edit = |spec: &mut Spec| {
        with_block(spec, 1, &block(4, true));
        with_block(spec, 2, &block(8, false));
    };
    check_changes(
        edit,
        "model-3",
        &expect![[r#"
        residual 1: sequence 1: conv2d 1: filters 4 → 8
        residual 1: sequence 1: conv2d 2: filters 4 → 8
        residual 1: shortcut: conv2d 1: filters 4 → 8
        − residual 1: shortcut: batch_normalization 1 momentum=0.9, epsilon=0.001
        epochs 15 → 50
    "#]],
    );
    let edit = |spec: &mut Spec| with_block(spec, 2, &block(4, true));
    check_changes(
        edit,
        "model-3",
        &expect![[r#"
        + residual 1 layers=[sequence layers=[conv2d filters=4 kernel_size=3 strides=2 padding=same activation=linear, conv2d filters=4 kernel_size=3 strides=1 padding=same activation=linear]], shortcut=[conv2d filters=4 kernel_size=1 strides=2 padding=same activation=linear, batch_normalization momentum=0.9 epsilon=0.001]
        epochs 15 → 50
    "#]],
    );
}

/// A spec over the study's: what the paper proposes for later, and what its `[[model]]` tables need.
const LATER: &str = r#"
    extends = "paper"
    description = "What the paper proposes for later"

    [[policy]]
    name = "contrast"
    seed = 0
    contrast_factor = [0.7, 1.3]

    [[model]]
    name = "contrast"
    extends = "model-7"
    augmentation = "contrast"

    [[model]]
    name = "class-weights"
    extends = "model-7"
    class_weight = { Shirt = 2.0, "T-shirt/top" = 1.5, Pullover = 1.5, Coat = 1.5 }

    [[model]]
    name = "average-pooling-and-kernels"
    extends = "model-7"
    layers = [
      { type = "conv2d", filters = 64, kernel_size = 5, activation = "relu" },
      { type = "average_pooling2d" },
      { type = "conv2d", filters = 128, kernel_size = 7, padding = "same", activation = "relu" },
      { type = "average_pooling2d" },
      { type = "flatten" },
      { type = "dense", units = 10 },
    ]

    [[model]]
    name = "hold-then-decay"
    extends = "model-6"
    schedule = { name = "hold_then_exponential", hold_epochs = 5, decay = 0.1 }

    [[model]]
    name = "cosine"
    extends = "model-6"
    schedule = { name = "cosine", interval = "step", warmup_fraction = 0.1 }

    [[model]]
    name = "one-cycle"
    extends = "model-6"
    schedule = { name = "one_cycle", max_learning_rate = 0.01, interval = "step" }
"#;

#[test]
fn what_the_paper_proposes_for_later_can_be_written_in_a_spec() {
    let optimizers = ["sgd", "rmsprop", "adadelta", "adamax", "adamw"].map(|name| {
        format!(
            "[[model]]\nname = \"{name}\"\nextends = \"model-7\"\noptimizer = {{ name = \"{name}\" }}\n"
        )
    });
    let text = format!("{LATER}\n{}", optimizers.concat());
    let spec = Spec::from_text("later.toml", &text).unwrap();
    // Each differs from what it extends in the one thing that it is about.
    for model in &spec.models[8..] {
        let changes = spec.changes(model);
        assert!(!changes.is_empty(), "{}", model.name);
    }
    assert_eq!(spec.models.len(), 8 + 6 + 5);
}

/// Or runs that were trained before a key was there would no longer be fresh.
#[test]
fn keys_that_are_left_out_leave_no_trace_in_what_a_run_depends_on() {
    let spec = paper();
    let keys = |value: serde_json::Value| -> Vec<String> {
        let fields = value.as_object().unwrap();
        fields.keys().cloned().collect()
    };
    let model = spec.model("model-4").unwrap();
    let expected = [
        "name",
        "title",
        "extends",
        "layers",
        "kernel_initializer",
        "bias_initializer",
        "loss",
        "optimizer",
        "schedule",
        "epochs",
        "batch_size",
        "augmentation",
    ];
    assert_eq!(keys(serde_json::to_value(model).unwrap()), expected);
    let expected = [
        "type",
        "filters",
        "kernel_size",
        "strides",
        "padding",
        "activation",
    ];
    assert_eq!(
        keys(serde_json::to_value(&model.layers[0]).unwrap()),
        expected
    );
    let expected = ["type", "momentum", "epsilon"];
    assert_eq!(
        keys(serde_json::to_value(&model.layers[1]).unwrap()),
        expected
    );
    let expected = ["name", "learning_rate", "beta_1", "beta_2", "epsilon"];
    assert_eq!(
        keys(serde_json::to_value(&model.optimizer).unwrap()),
        expected
    );
    let expected = [
        "name",
        "seed",
        "copies",
        "rotation_deg",
        "height_shift_fraction",
        "width_shift_fraction",
        "shear_deg",
        "zoom_factor",
        "contrast_factor",
        "horizontal_flip",
    ];
    assert_eq!(
        keys(serde_json::to_value(&spec.policies[0]).unwrap()),
        expected
    );
}

#[test]
fn only_layers_that_read_the_images_make_no_gradient_of_their_input() {
    let mut spec = paper();
    let operations = |spec: &Spec, model: usize| {
        let architecture = spec.architecture(&spec.models[model]).unwrap();
        architecture.training_operations()
    };
    let [wide, last] = [28 * 28 * 256, 256 * 10];
    assert_eq!(operations(&spec, 7), 2 * (2 * wide + 3 * last));

    // Both branches of the block read the images; its output has as many values as an image.
    with_block(&mut spec, 7, &block(4, true));
    let outputs = 14 * 14 * 4;
    let [first, second, projection] = [outputs * 9, outputs * 9 * 4, outputs];
    assert_eq!(
        operations(&spec, 7),
        2 * (2 * (first + projection) + 3 * (second + wide + last))
    );
}
