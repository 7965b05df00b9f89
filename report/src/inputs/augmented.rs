//! A few augmented copies of the training images.

use anyhow::Result;
use pipelines::files::layout::{Layout, shard_file};
use pipelines::files::plan::Selection;
use pipelines::spec::{Policy, Spec};
use pipelines::tables::images::Images;

/// Shards that are read of each policy. Reading all of them would take most of the stage's time.
const MAX_COPIES: u32 = 5;

/// The first shards of one policy.
#[derive(Clone, Debug)]
pub struct AugmentedCopies {
    /// What was drawn, and from where.
    pub policy: Policy,
    /// Rows of the same images in the same order, each with what was drawn for it.
    pub copies: Vec<Images>,
}

/// Shards of the policies that the selected models train on.
pub fn read(layout: &Layout, spec: &Spec, selection: &Selection) -> Result<Vec<AugmentedCopies>> {
    let mut augmented = Vec::new();
    for policy in &spec.policies {
        let count = selection.shard_count(spec, policy)?.min(MAX_COPIES);
        if count == 0 {
            continue;
        }
        let folder = layout.augmented(&spec.name, &policy.name);
        augmented.push(AugmentedCopies {
            policy: policy.clone(),
            copies: (0..count)
                .map(|copy| Images::read(&folder, &shard_file(copy)))
                .collect::<Result<_>>()?,
        });
    }
    Ok(augmented)
}
