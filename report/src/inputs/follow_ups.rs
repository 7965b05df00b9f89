//! What studies that go on from this one found.

use anyhow::Result;
use pipelines::files::follow_ups;
use pipelines::files::layout::Layout;
use pipelines::spec::Spec;
use pipelines::tables::metrics::{ModelChange, read};

/// A follow-up of the publication that has a report beside this one.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUpChanges {
    /// Name of its spec.
    pub spec: String,
    /// What each of its changes did.
    pub changes: Vec<ModelChange>,
}

/// Reads the changes of every follow-up that is there.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn read_all(layout: &Layout, spec: &Spec) -> Result<Vec<FollowUpChanges>> {
    let reported = follow_ups::reported(layout, spec)?.into_iter();
    let read = reported.map(|study| {
        Ok(FollowUpChanges {
            changes: read(&study.evaluated)?,
            spec: study.follow_up.spec,
        })
    });
    read.collect()
}
