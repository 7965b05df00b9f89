//! Which of the selected runs are there and still good.

use anyhow::{Result, bail};

use crate::files::fingerprint::{Freshness, freshness};
use crate::files::layout::Layout;
use crate::files::manifest::{Manifest, Outcome};
use crate::files::plan::{Selection, Step};
use crate::spec::Spec;

/// State of one model trained from one seed.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainedRun {
    /// Its files are what training would write again.
    Complete(Box<Manifest>),
    /// It came to an end without a result, for this reason.
    Failed(String),
    /// It is not there, or not of this spec and these images any more, for this reason.
    Missing(String),
}

impl TrainedRun {
    /// The state of the run of `model` from `seed`.
    ///
    /// # Errors
    /// A manifest that cannot be read, and a file of a finished run that is not there or has
    /// another size: it may be damage, which is not to be passed over.
    pub fn find(layout: &Layout, spec: &Spec, model: &str, seed: u64) -> Result<Self> {
        let step = Step::Train {
            model: model.to_owned(),
            seed,
        };
        // A run depends on its own model and seed, whatever else is selected.
        let selection = Selection {
            models: vec![model.to_owned()],
            seeds: vec![seed],
        };
        let folder = layout.step(spec, &step);
        let manifest = Manifest::read(&folder)?;
        if let Some(manifest) = &manifest
            && let Some(file) = manifest.first_missing_output(&folder)
        {
            bail!(
                "{} is missing or cut short; run `{} --force` to make it again",
                folder.join(file).display(),
                manifest.remedy
            );
        }
        if let Freshness::Stale(reason) = freshness(layout, spec, &selection, &step)? {
            return Ok(Self::Missing(reason));
        }
        Ok(match manifest {
            None => Self::Missing("not made yet".to_owned()),
            Some(Manifest {
                outcome: Outcome::Failed { reason },
                ..
            }) => Self::Failed(reason),
            Some(manifest) => Self::Complete(Box::new(manifest)),
        })
    }
}
