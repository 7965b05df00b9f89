//! What the paper says about its models against what they are.

use pipelines::spec::published::PublishedClaim;
use pipelines::spec::{Layer, Spec};

use super::{Finding, Verdict};
use crate::sections::models::{all_layers, kinds_of_changes};
use crate::words::count;

/// A model may change more than its description says.
pub fn number_of_changes(spec: &Spec, claim: &PublishedClaim) -> Option<Finding> {
    let model = spec.model(claim.model.as_deref()?).ok()?;
    let keys = kinds_of_changes(spec, &model.name);
    let stated = claim.values.first().copied().unwrap_or_default();
    Some(Finding::of(
        claim,
        format!(
            "{} differ from {}: {}. The sentences name {stated}.",
            count(keys.len(), "setting"),
            model.base().unwrap_or("nothing"),
            keys.join(", ")
        ),
        if keys.len() as f64 > stated {
            Verdict::Imprecise
        } else {
            Verdict::Holds
        },
    ))
}

/// A CNN has at least one convolution.
pub fn number_of_convolutions(spec: &Spec, claim: &PublishedClaim) -> Option<Finding> {
    let model = spec.model(claim.model.as_deref()?).ok()?;
    let convolutions = all_layers(&model.layers)
        .into_iter()
        .filter(|layer| matches!(layer, Layer::Conv2d { .. }))
        .count();
    let stated = claim.values.first().copied().unwrap_or_default();
    Some(Finding::of(
        claim,
        format!(
            "The table gives it {stated} convolutional layers and the spec {convolutions}. Without one it is \
             a multilayer perceptron."
        ),
        if stated > 0.0 {
            Verdict::Holds
        } else {
            Verdict::Contradicted
        },
    ))
}
