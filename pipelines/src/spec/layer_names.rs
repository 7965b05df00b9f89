//! What layers with parameters are called in files.

use std::collections::HashMap;

use super::Layer;

/// The names of the layers in one list, repetitions included, which count the layers of a kind from 1, as in
/// PyTorch's examples: `conv1`, `bn1`, `fc1`. A parameter is called after its layer: `conv1.weight`.
#[derive(Clone, Debug)]
pub struct LayerNames<'p> {
    prefix: &'p str,
    counts: HashMap<&'static str, usize>,
}

impl<'p> LayerNames<'p> {
    /// For the list of the whole network, without a `prefix`, or of the container that is called
    /// `prefix`.
    pub fn new(prefix: &'p str) -> Self {
        Self {
            prefix,
            counts: HashMap::new(),
        }
    }

    /// The name of the next layer of the list.
    pub fn next(&mut self, layer: &Layer) -> String {
        let kind = kind(layer);
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        match self.prefix {
            "" => format!("{kind}{count}"),
            prefix => format!("{prefix}.{kind}{count}"),
        }
    }
}

fn kind(layer: &Layer) -> &'static str {
    match layer {
        Layer::Conv2d { .. } => "conv",
        Layer::DepthwiseConv2d { .. } => "depthwise",
        Layer::BatchNormalization { .. } => "bn",
        Layer::LayerNormalization { .. } => "ln",
        Layer::Activation { .. } => "activation",
        Layer::Rescaling { .. } => "rescaling",
        Layer::MaxPooling2d(_) => "max_pool",
        Layer::AveragePooling2d(_) => "avg_pool",
        Layer::GlobalMaxPooling2d {} => "global_max_pool",
        Layer::GlobalAveragePooling2d {} => "global_avg_pool",
        Layer::Flatten {} => "flatten",
        Layer::Dense { .. } => "fc",
        Layer::Dropout { .. } => "dropout",
        Layer::Sequence { .. } => "sequence",
        Layer::Residual { .. } => "residual",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_of_a_kind_are_counted_in_their_list() {
        let mut names = LayerNames::new("");
        let flatten = Layer::Flatten {};
        let container = Layer::Sequence {
            layers: Vec::new(),
            repeat: 1,
        };
        assert_eq!(names.next(&flatten), "flatten1");
        let name = names.next(&container);
        assert_eq!(name, "sequence1");
        assert_eq!(names.next(&flatten), "flatten2");
        assert_eq!(LayerNames::new(&name).next(&flatten), "sequence1.flatten1");
    }
}
