//! What the paper says about its models against what they are.

use pipelines::spec::published::Published;
use pipelines::spec::{Layer, Spec};

use super::{Finding, Verdict};
use crate::sections::models::{all_layers, kinds_of_changes};

/// Points about single models; those that the spec does not have are left out.
pub fn findings(published: &Published, spec: &Spec) -> Vec<Finding> {
    [
        unnamed_changes(published, spec),
        without_convolution(published, spec),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A model may change more than its description says.
fn unnamed_changes(published: &Published, spec: &Spec) -> Option<Finding> {
    let claim = published.claim("number-of-changes")?;
    let model = spec.model(claim.model.as_deref()?).ok()?;
    let keys = kinds_of_changes(spec, &model.name);
    let stated = claim.values.first().copied().unwrap_or_default();
    Some(Finding {
        claim: format!("{}: {}", claim.source, claim.statement),
        recomputation: format!(
            "Layer by layer {} kinds of things differ from {}: {}.",
            keys.len(),
            model.extends.as_deref().unwrap_or("nothing"),
            keys.join(", ")
        ),
        verdict: if keys.len() as f64 > stated {
            Verdict::Imprecise
        } else {
            Verdict::Holds
        },
    })
}

/// A CNN has at least one convolution.
fn without_convolution(published: &Published, spec: &Spec) -> Option<Finding> {
    let claim = published.claim("number-of-convolutions")?;
    let model = spec.model(claim.model.as_deref()?).ok()?;
    let convolutions = all_layers(&model.layers)
        .into_iter()
        .filter(|layer| matches!(layer, Layer::Conv2d { .. }))
        .count();
    let stated = claim.values.first().copied().unwrap_or_default();
    Some(Finding {
        claim: format!("{}: {}", claim.source, claim.statement),
        recomputation: format!(
            "A network with {stated} convolutions is no CNN but a multilayer perceptron; the spec's has \
             {convolutions}."
        ),
        verdict: if stated > 0.0 {
            Verdict::Holds
        } else {
            Verdict::Contradicted
        },
    })
}
