//! Studies that go on from a published one, as far as they lie in the same root.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::layout::{CHANGES_FILE, Layout, TEST_FILE};
use super::manifest::{Manifest, Outcome};
use super::step::Step;
use crate::spec::Spec;
use crate::spec::published::FollowUp;

/// A follow-up with a report.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedFollowUp {
    /// What the file of the publication says of it.
    pub follow_up: FollowUp,
    /// The folder of its tables.
    pub evaluated: PathBuf,
    /// SHA-256 of its table of changes.
    pub changes_sha256: String,
}

/// The follow-ups of the publication of `spec` whose tables and report are complete, by this version of
/// `evaluate` and on the same test images; `spec` itself is none of its own. One with a damaged manifest is
/// left out: that is an error of its own runs, not of this study's.
///
/// # Errors
/// A manifest of the test images that cannot be read.
pub fn reported(layout: &Layout, spec: &Spec) -> Result<Vec<ReportedFollowUp>> {
    let Some(published) = &spec.published else {
        return Ok(Vec::new());
    };
    let ingested = layout.ingested(&spec.data.name);
    let test_path = layout.relative(&ingested.join(TEST_FILE));
    let Some(test) = Manifest::read(&ingested)?.and_then(|mut of| of.outputs.remove(TEST_FILE))
    else {
        return Ok(Vec::new());
    };
    let mut reported = Vec::new();
    let others = published.follow_ups.iter();
    for follow_up in others.filter(|of| of.spec != spec.name) {
        let evaluated = layout.evaluated(&follow_up.spec);
        let read = |folder: &Path| Manifest::read(folder).ok().flatten();
        let Some(tables) = read(&evaluated) else {
            continue;
        };
        let report = read(&layout.reported(&follow_up.spec));
        let complete = tables.outcome == Outcome::Complete
            && tables.first_missing_output(&evaluated).is_none()
            && report.is_some_and(|report| report.outcome == Outcome::Complete);
        let current = tables.made_from.stage_version == Step::Evaluate.stage().version();
        let same_images = tables.made_from.inputs.get(&test_path) == Some(&test.sha256);
        let changes = tables.outputs.get(CHANGES_FILE);
        if let Some(changes) = changes.filter(|_| complete && current && same_images) {
            reported.push(ReportedFollowUp {
                follow_up: follow_up.clone(),
                evaluated,
                changes_sha256: changes.sha256.clone(),
            });
        }
    }
    Ok(reported)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use serde_json::json;

    use super::*;
    use crate::files::artifact::Artifact;
    use crate::files::fingerprint::Fingerprint;
    use crate::files::layout::MANIFEST_FILE;
    use crate::files::machine::MadeBy;

    /// Writes `file` into `folder` with its manifest: by `step`, on the test images with that hash.
    fn write(folder: &Path, step: &Step, file: &str, test_sha256: &str) {
        fs::create_dir_all(folder).unwrap();
        let artifact = Artifact::write(&folder.join(file), file.as_bytes()).unwrap();
        let path = "data/ingested/fashion-mnist/test.parquet";
        let made_from = Fingerprint {
            stage: step.stage(),
            stage_version: step.stage().version(),
            spec: json!({}),
            inputs: BTreeMap::from([(path.to_owned(), test_sha256.to_owned())]),
        };
        let manifest = Manifest {
            outputs: BTreeMap::from([(file.to_owned(), artifact)]),
            ..Manifest::new(step, made_from, MadeBy::here(1))
        };
        manifest.write(folder).unwrap();
    }

    fn names(layout: &Layout, spec: &Spec) -> Vec<String> {
        let reported = reported(layout, spec).unwrap().into_iter();
        reported.map(|study| study.follow_up.spec).collect()
    }

    #[test]
    fn a_follow_up_counts_once_it_has_a_report_on_the_same_test_images() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        let mut spec = Spec::load("paper").unwrap();
        assert_eq!(
            names(&layout, &spec),
            [""; 0],
            "before anything is ingested"
        );

        let ingested = layout.ingested("fashion-mnist");
        write(&ingested, &Step::Ingest, TEST_FILE, "");
        let test = Artifact::of(TEST_FILE.as_bytes()).sha256;
        for (study, test) in [("paper-steps", test.as_str()), ("optimizers", "others")] {
            write(
                &layout.evaluated(study),
                &Step::Evaluate,
                CHANGES_FILE,
                test,
            );
        }
        assert_eq!(names(&layout, &spec), [""; 0], "without a report");

        for study in ["paper-steps", "optimizers"] {
            write(&layout.reported(study), &Step::Report, "report.md", &test);
        }
        assert_eq!(names(&layout, &spec), ["paper-steps"], "on other images");

        spec.name = "paper-steps".to_owned();
        assert_eq!(names(&layout, &spec), [""; 0], "of itself");
    }

    #[test]
    fn a_follow_up_whose_table_is_gone_or_whose_manifest_is_damaged_does_not_count() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        let spec = Spec::load("paper").unwrap();
        let ingested = layout.ingested("fashion-mnist");
        write(&ingested, &Step::Ingest, TEST_FILE, "");
        let test = Artifact::of(TEST_FILE.as_bytes()).sha256;
        let evaluated = layout.evaluated("paper-steps");
        write(&evaluated, &Step::Evaluate, CHANGES_FILE, &test);
        let reported = layout.reported("paper-steps");
        write(&reported, &Step::Report, "report.md", &test);
        assert_eq!(names(&layout, &spec), ["paper-steps"]);
        let manifest = reported.join(MANIFEST_FILE);
        let text = fs::read(&manifest).unwrap();
        fs::write(&manifest, &text[..text.len() / 2]).unwrap();
        assert_eq!(names(&layout, &spec), [""; 0]);
        fs::write(&manifest, &text).unwrap();
        fs::remove_file(evaluated.join(CHANGES_FILE)).unwrap();
        assert_eq!(names(&layout, &spec), [""; 0]);
    }
}
