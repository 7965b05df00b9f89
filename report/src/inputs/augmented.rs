//! A few augmented copies of the training images.

use anyhow::Result;
use pipelines::files::layout::{Layout, shard_file};
use pipelines::files::plan::Selection;
use pipelines::spec::{Policy, Spec};
use pipelines::tables::images::Images;

/// Shards that are read of each policy. Reading all of them would take most of the stage's time.
const MAX_COPIES: u32 = 5;

/// Most rows that are read of a shard: enough to find any mixture of parameters among them.
const MAX_ROWS: usize = 1 << 16;
/// Most bytes of pixels that are read of a shard, as far as whole images allow.
const MAX_BYTES: usize = 64 << 20;

/// The first shards of one policy.
#[derive(Clone, Debug)]
pub struct AugmentedCopies {
    /// What was drawn, and from where.
    pub policy: Policy,
    /// The first rows of the same images in the same order, each with what was drawn for it.
    pub copies: Vec<Images>,
}

/// Shards of the policies that the selected models train on.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn read(
    layout: &Layout,
    spec: &Spec,
    selection: &Selection,
    image_bytes: usize,
) -> Result<Vec<AugmentedCopies>> {
    let mut augmented = Vec::new();
    for policy in &spec.policies {
        let count = selection.shard_count(spec, policy)?.min(MAX_COPIES);
        if count == 0 {
            continue;
        }
        let folder = layout.augmented(&spec.name, &policy.name);
        let max_rows = MAX_ROWS.min(MAX_BYTES / image_bytes).max(1);
        augmented.push(AugmentedCopies {
            policy: policy.clone(),
            copies: (0..count)
                .map(|copy| Images::read_first(&folder, &shard_file(copy), max_rows))
                .collect::<Result<_>>()?,
        });
    }
    Ok(augmented)
}
