//! Shape, parameters and operations of every layer of a model.

use pipelines::spec::{Architecture, LayerSummary};

use crate::number;
use crate::table::Table;

/// Shape, parameters and operations of every layer, those inside containers below them.
pub fn of(architecture: &Architecture) -> Table {
    let mut table = Table::new(["layer", "output", "parameters", "MACs"]).text_columns([1]);
    push_layers(&mut table, "", &architecture.layers);
    table.total(
        0,
        [
            "all layers".to_owned(),
            String::new(),
            number::grouped(architecture.parameters() as u64),
            number::grouped(architecture.macs()),
        ],
    );
    table
}

/// Rows of `layers`, whose names begin with `place`.
fn push_layers(table: &mut Table, place: &str, layers: &[LayerSummary]) {
    for (index, layer) in layers.iter().enumerate() {
        let name = format!("{place}{} {}", index + 1, layer.layer.name());
        let is_container = !layer.branches.is_empty();
        let number = |count: u64| match is_container {
            // Its layers have their own rows.
            true => String::new(),
            false => number::grouped(count),
        };
        table.row([
            name.clone(),
            layer.output.to_string().replace('x', "×"),
            number(layer.parameters as u64),
            number(layer.macs),
        ]);
        for (branch, (key, _)) in layer.branches.iter().zip(layer.layer.branches()) {
            let place = match key {
                "layers" => format!("{name}: "),
                key => format!("{name}: {key} "),
            };
            push_layers(table, &place, branch);
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use pipelines::spec::Spec;

    use super::*;

    #[test]
    fn every_new_layer_has_its_parameters_and_operations_in_the_table() {
        let mut spec = Spec::load("paper").unwrap();
        let text = r#"[
          { "type": "sequence", "repeat": 2, "layers": [
            { "type": "residual", "layers": [
              { "type": "depthwise_conv2d", "kernel_size": 3, "padding": "same", "use_bias": false },
              { "type": "batch_normalization", "scale": false },
              { "type": "conv2d", "filters": 4, "kernel_size": 1, "use_bias": false },
              { "type": "activation", "activation": "gelu" }
            ], "shortcut": [
              { "type": "conv2d", "filters": 4, "kernel_size": 1 },
              { "type": "layer_normalization" }
            ] }
          ] },
          { "type": "global_average_pooling2d" },
          { "type": "dense", "units": 10, "use_bias": false },
          { "type": "rescaling", "scale": 0.1 }
        ]"#;
        spec.models[0].layers = serde_json::from_str(text).unwrap();
        let architecture = spec.architecture(&spec.models[0]).unwrap();
        expect![[r#"
            | layer | output | parameters | MACs |
            | --- | --- | --: | --: |
            | 1 sequence | 28×28×4 |  |  |
            | 1 sequence: 1 residual | 28×28×4 |  |  |
            | 1 sequence: 1 residual: 1 depthwise_conv2d | 28×28×1 | 9 | 7,056 |
            | 1 sequence: 1 residual: 2 batch_normalization | 28×28×1 | 3 | 0 |
            | 1 sequence: 1 residual: 3 conv2d | 28×28×4 | 4 | 3,136 |
            | 1 sequence: 1 residual: 4 activation | 28×28×4 | 0 | 0 |
            | 1 sequence: 1 residual: shortcut 1 conv2d | 28×28×4 | 8 | 3,136 |
            | 1 sequence: 1 residual: shortcut 2 layer_normalization | 28×28×4 | 8 | 0 |
            | 1 sequence: 2 residual | 28×28×4 |  |  |
            | 1 sequence: 2 residual: 1 depthwise_conv2d | 28×28×4 | 36 | 28,224 |
            | 1 sequence: 2 residual: 2 batch_normalization | 28×28×4 | 12 | 0 |
            | 1 sequence: 2 residual: 3 conv2d | 28×28×4 | 16 | 12,544 |
            | 1 sequence: 2 residual: 4 activation | 28×28×4 | 0 | 0 |
            | 1 sequence: 2 residual: shortcut 1 conv2d | 28×28×4 | 20 | 12,544 |
            | 1 sequence: 2 residual: shortcut 2 layer_normalization | 28×28×4 | 8 | 0 |
            | 2 global_average_pooling2d | 4 | 0 | 0 |
            | 3 dense | 10 | 40 | 40 |
            | 4 rescaling | 10 | 0 | 0 |
            | *all layers* |  | 164 | 66,680 |"#]]
        .assert_eq(&of(&architecture).markdown());
    }
}
