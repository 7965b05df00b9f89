//! The networks: their layers, what each changes, and a diagram of each.

mod layers_table;

use anyhow::Result;
use pipelines::spec::{Augmentation, Layer, Model, Schedule, Spec};

use crate::document::Document;
use crate::figures::architecture;
use crate::inputs::Inputs;
use crate::markdown::{Markdown, cells, markdown};
use crate::number;
use crate::table::Table;
use crate::words::join_and;

/// Writes the section.
///
/// # Errors
/// A layer list that does not fit; a loaded spec has none.
pub fn write(document: &mut Document, inputs: &Inputs) -> Result<()> {
    document.heading(2, "Models");
    document.heading(3, inputs.heading("Architectures", "architectures"));
    let models: Vec<&Model> = inputs.spec_models().collect();
    document.table(&overview(&inputs.spec, &models)?);
    document.paragraph(
        "MACs are the multiply-accumulate operations of one image's forward pass, in convolutions and \
         dense layers. Parameters include the running statistics of batch normalisation, as Keras \
         counts them.",
    );
    document.heading(3, "What each model changes");
    document.table(&changes(&inputs.spec, &models));
    document.heading(3, inputs.heading("Layers", "layers"));
    for model in models {
        document.paragraph(markdown!("**{}**: {}", model.name, &model.title));
        let architecture = inputs.spec.architecture(model)?;
        let shapes: Vec<_> = architecture
            .layers
            .iter()
            .map(|layer| format!("{} {}", layer.layer.name(), layer.output))
            .collect();
        let alt = format!("Layers of {}: {}", model.name, shapes.join(", "));
        let svg = architecture::draw(&model.name, inputs.info().shape.into(), &architecture);
        document.chart(&format!("layers-{}", model.name), &alt, &svg);
        document.details(&format!("Every layer of {}", model.name), |document| {
            document.table(&layers_table::of(&architecture));
        });
    }
    document.paragraph(
        "The height of a box shows the number of rows of the activation, its width the number of channels. \
         Below it are the shape of the output and, in purple, the number of parameters. A line above the \
         boxes is the second branch of a residual layer, with its layers on it; a bracket says how often \
         the layers below it are repeated, each time with parameters of their own.",
    );
    Ok(())
}

fn overview(spec: &Spec, models: &[&Model]) -> Result<Table> {
    let mut table = Table::new([
        "model",
        "filters",
        "batch norm",
        "dense",
        "dropout",
        "epochs",
        "batch",
        "optimizer",
        "augmentation",
        "schedule",
        "parameters",
        "MACs",
    ])
    .text_columns([1, 2, 3, 4, 7, 8, 9]);
    for model in models {
        let architecture = spec.architecture(model)?;
        let leaves = architecture.leaves();
        let layers = || leaves.iter().map(|summary| &summary.layer);
        let all = |pick: fn(&Layer) -> Option<String>| -> String {
            or_dash(&in_runs(&layers().filter_map(pick).collect::<Vec<_>>()))
        };
        let norms = layers()
            .filter(|layer| matches!(layer, Layer::BatchNormalization { .. }))
            .count();
        table.row([
            model.name.clone(),
            all(|layer| match layer {
                Layer::Conv2d { filters, .. } => Some(filters.to_string()),
                _ => None,
            }),
            if norms == 0 {
                "–".to_owned()
            } else {
                format!("{norms}×")
            },
            all(|layer| match layer {
                Layer::Dense { units, .. } => Some(units.to_string()),
                _ => None,
            }),
            all(|layer| match layer {
                Layer::Dropout { rate } => Some(rate.to_string()),
                _ => None,
            }),
            model.epochs.to_string(),
            model.batch_size.to_string(),
            format!(
                "{} {}",
                model.optimizer.name(),
                model.optimizer.learning_rate()
            ),
            or_dash(augmentation(&model.augmentation)),
            match &model.schedule {
                Schedule::Constant {} => "–".to_owned(),
                schedule => schedule.name().replace('_', " "),
            },
            number::grouped(architecture.parameters() as u64),
            format!("{} M", number::decimal(architecture.macs() as f64 / 1e6, 3)),
        ]);
    }
    let besides: Vec<String> = models.iter().map(|model| besides(model)).collect();
    if besides.iter().any(|besides| !besides.is_empty()) {
        table.push_column(
            "besides",
            besides.iter().map(|text| or_dash(text)).collect(),
        );
    }
    Ok(table)
}

/// What else a model is trained and predicts with that the paper's are not.
fn besides(model: &Model) -> String {
    let mut words = Vec::new();
    if model.label_smoothing > 0.0 {
        words.push(format!("label smoothing {}", model.label_smoothing));
    }
    if !model.class_weight.is_empty() {
        let weights = model.class_weight.iter();
        let weights: Vec<String> = weights.map(|(class, w)| format!("{class} × {w}")).collect();
        words.push(format!("class weights {}", join_and(&weights)));
    }
    let decay = model.optimizer.weight_decay();
    if decay > 0.0 {
        let spared = model.exclude_from_weight_decay.iter();
        let spared: Vec<&str> = spared.map(|kind| kind.name()).collect();
        words.push(match spared.is_empty() {
            true => format!("weight decay {decay}"),
            false => format!("weight decay {decay} but of {}", join_and(&spared)),
        });
    }
    if model.global_clipnorm > 0.0 {
        words.push(format!(
            "gradients of norm {} at most",
            model.global_clipnorm
        ));
    }
    if model.ema_momentum > 0.0 {
        words.push(format!("weights averaged with {}", model.ema_momentum));
    }
    if !model.test_time_views.is_single() {
        let views = model.test_time_views.name().replace('-', " ");
        words.push(format!("{views} at test time"));
    }
    words.join("; ")
}

fn changes(spec: &Spec, models: &[&Model]) -> Table {
    let mut table =
        Table::new(["model", "what it is", "changed from", "changes"]).text_columns([1, 2, 3]);
    for model in models {
        let changes = spec.changes(model);
        table.row(cells![
            model.name,
            model.title,
            model.base().unwrap_or("–"),
            match &changes[..] {
                [] => "–".into(),
                changes => Markdown::join(changes.iter().map(ToString::to_string), "<br>"),
            },
        ]);
    }
    table
}

/// What is different in `model` from its base, the same argument of several layers once.
pub fn kinds_of_changes(spec: &Spec, model: &str) -> Vec<String> {
    let mut kinds: Vec<String> = Vec::new();
    let Ok(model) = spec.model(model) else {
        return kinds;
    };
    for change in spec.changes(model) {
        // "conv2d 1: filters" and "conv2d 2: filters" are one kind.
        let layer = change.key.split([' ', ':']).next().unwrap_or_default();
        let kind = match change.key.split(": ").nth(1) {
            Some(argument) => format!("{layer} {argument}"),
            None => layer.to_owned(),
        };
        let kind = kind.replace('_', " ");
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// `layers` with those inside containers, from the input to the output.
pub fn all_layers(layers: &[Layer]) -> Vec<&Layer> {
    let mut all = Vec::new();
    for layer in layers {
        all.push(layer);
        for (_, branch) in layer.branches() {
            all.extend(all_layers(branch));
        }
    }
    all
}

/// The values in their order; one that stands at least three times in a row is written once, with how
/// often: `32, 64 (5×), 128`.
fn in_runs(values: &[String]) -> String {
    let runs = values.chunk_by(|a, b| a == b).map(|run| match run.len() {
        count @ 3.. => format!("{} ({count}×)", run[0]),
        _ => run.join(", "),
    });
    runs.collect::<Vec<_>>().join(", ")
}

fn augmentation(augmentation: &Augmentation) -> &str {
    augmentation.policy().unwrap_or("")
}

fn or_dash(text: &str) -> String {
    if text.is_empty() {
        "–".to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_architectures_are_those_of_the_study() {
        let spec = Spec::load("paper").unwrap();
        let models: Vec<_> = spec.models.iter().collect();
        expect![[r#"
            | model | filters | batch norm | dense | dropout | epochs | batch | optimizer | augmentation | schedule | parameters | MACs |
            | --- | --- | --- | --- | --- | --: | --: | --- | --- | --- | --: | --: |
            | model-1 | 32, 64, 64 | – | 64, 10 | – | 10 | 64 | adam 0.001 | – | – | 93,322 | 2.794 M |
            | model-2 | 32, 64, 128 | – | 128, 64, 10 | 0.5 | 15 | 64 | adam 0.001 | – | – | 249,162 | 3.245 M |
            | model-3 | 32, 64, 128 | – | 128, 64, 10 | 0.5 | 50 | 64 | adam 0.001 | – | – | 249,162 | 3.245 M |
            | model-4 | 32, 64, 128 | 3× | 256, 128, 10 | 0.4, 0.3 | 15 | 64 | adam 0.001 | – | – | 422,922 | 3.417 M |
            | model-5 | 32, 64, 128 | 3× | 256, 128, 10 | 0.4, 0.3 | 30 | 64 | adam 0.001 | affine | – | 422,922 | 3.417 M |
            | model-6 | 64, 128, 256 | 3× | 512, 256, 10 | 0.4, 0.3 | 10 | 64 | adam 0.001 | affine | hold then exponential | 1,685,514 | 13.278 M |
            | model-7 | 64, 128, 256 | – | 256, 128, 10 | 0.2 | 10 | 128 | adam 0.001 | – | – | 993,930 | 12.589 M |
            | model-8 | – | – | 256, 10 | – | 15 | 64 | adam 0.001 | – | – | 203,530 | 0.203 M |"#]]
        .assert_eq(&overview(&spec, &models).unwrap().markdown());
    }

    #[test]
    fn changes_are_listed_against_the_extended_model() {
        let spec = Spec::load("paper").unwrap();
        let models = [
            spec.model("model-3").unwrap(),
            spec.model("model-5").unwrap(),
        ];
        expect![[r#"
            | model | what it is | changed from | changes |
            | --- | --- | --- | --- |
            | model-3 | longer training | model-2 | epochs 15 → 50 |
            | model-5 | augmentation and longer training | model-4 | epochs 15 → 30<br>augmentation none → affine |"#]]
        .assert_eq(&changes(&spec, &models).markdown());
    }

    #[test]
    fn repeated_layers_count_as_often_as_they_stand() {
        let mut spec = Spec::load("paper").unwrap();
        let text = r#"[
          { "type": "sequence", "repeat": 4, "layers": [
            { "type": "conv2d", "filters": 4, "kernel_size": 3 },
            { "type": "batch_normalization" }
          ] },
          { "type": "flatten" },
          { "type": "dense", "units": 10 }
        ]"#;
        spec.models[0].layers = serde_json::from_str(text).unwrap();
        let overview = overview(&spec, &[&spec.models[0]]).unwrap().markdown();
        assert!(overview.contains("| 4 (4×) | 4× | 10 |"), "{overview}");
    }

    #[test]
    fn what_else_a_model_is_trained_with_is_said() {
        let text = include_str!("../../../xtask/tests/reliability/every_word.toml");
        let spec = Spec::from_text("every_word.toml", text).unwrap();
        let [plain, well] =
            ["plain", "trained-well"].map(|name| besides(spec.model(name).unwrap()));
        assert_eq!(plain, "");
        assert_eq!(
            well,
            "label smoothing 0.1; class weights Shirt × 1.5; weight decay 0.0005 but of bias, gamma and \
             beta; gradients of norm 5 at most; weights averaged with 0.9; mirror and shifts at test time"
        );
    }
}
