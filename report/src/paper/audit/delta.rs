//! What the paper's delta measures.

use pipelines::spec::published::{Published, PublishedClaim};
use pipelines::spec::{Layer, Spec};

use super::{Finding, Verdict};
use crate::evaluated::Tables;
use crate::number::signed;
use crate::sections::models::all_layers;

/// Negative deltas beside the fair gap of our own runs; `None` where there are none.
pub fn finding(
    published: &Published,
    spec: &Spec,
    tables: &Tables,
    claim: &PublishedClaim,
) -> Option<Finding> {
    let negative: Vec<_> = published
        .accuracies
        .iter()
        .filter(|row| row.delta_points < 0.0)
        .collect();
    let mut lines = Vec::new();
    let mut artefacts = 0;
    for row in &negative {
        let Some(gap) = tables.metric(&row.model, None, "overfitting_gap") else {
            continue;
        };
        let delta = tables.metric(&row.model, None, "delta")?;
        if gap.mean > delta.mean {
            artefacts += 1;
        }
        lines.push(format!(
            "{} (delta {} in the paper, {} here; fair gap {}; {})",
            row.model,
            signed(row.delta_points, 2),
            signed(delta.mean * 100.0, 2),
            signed(gap.mean * 100.0, 2),
            training_noise(spec, &row.model)
        ));
    }
    if lines.is_empty() {
        return None;
    }
    Some(Finding::of(
        claim,
        format!(
            "Delta subtracts test accuracy from train accuracy in training mode, which dropout and \
             augmentation lower. The fair gap takes the training images as they are, in inference mode: {}. \
             It lies above the delta in {artefacts} of {}.",
            lines.join("; "),
            lines.len()
        ),
        match artefacts == lines.len() {
            true => Verdict::Imprecise,
            false => Verdict::Holds,
        },
    ))
}

/// What makes a model's running train accuracy lower than its true one.
fn training_noise(spec: &Spec, model: &str) -> String {
    let Ok(model) = spec.model(model) else {
        return "unknown".to_owned();
    };
    let mut words = Vec::new();
    if all_layers(&model.layers)
        .into_iter()
        .any(|layer| matches!(layer, Layer::Dropout { .. }))
    {
        words.push("dropout");
    }
    if model.augmentation.policy().is_some() {
        words.push("augmentation");
    }
    if words.is_empty() {
        "neither dropout nor augmentation".to_owned()
    } else {
        words.join(" and ")
    }
}
