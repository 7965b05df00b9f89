//! A stage whose files have other bytes has another version, or old files would pass for fresh ones.

use pipelines::files::sha256;
use pipelines::stage::Stage;

use crate::project::{Project, run};

/// `stage version hash` for each version so far; lines are added and never changed.
const KNOWN: &str = include_str!("stage_versions.txt");

/// The hash of the names and bytes of all files that `stage` wrote, as far as time does not decide
/// them.
fn hash_of(project: &Project, stage: Stage) -> String {
    let folder = match stage {
        Stage::Ingest => "data/ingested/".to_owned(),
        _ => format!("runs/tiny/{stage}/"),
    };
    let lines: String = project
        .digest()
        .iter()
        .filter(|(name, _)| name.starts_with(&folder))
        .map(|(name, hash)| format!("{name} {hash}\n"))
        .collect();
    assert!(!lines.is_empty(), "{stage}");
    sha256::hex(lines.as_bytes())
}

/// On the scalar path of the kernels, which is the same on every machine.
#[test]
fn a_stage_that_writes_other_bytes_has_another_version() {
    let project = Project::new();
    let mut command = project.command("run-all");
    run(command.env("ATELIER_SIMD", "scalar")).succeeded();
    let mut problems = String::new();
    for stage in Stage::ALL {
        let (version, found) = (stage.version(), hash_of(&project, stage));
        let prefix = format!("{stage} {version} ");
        match KNOWN.lines().find_map(|line| line.strip_prefix(&prefix)) {
            Some(known) if known == found => {}
            Some(_) => {
                let next = version + 1;
                problems += &format!(
                    "the bytes of {stage} changed: let its version in pipelines/src/stage.rs be \
                     {next} and add this line to stage_versions.txt:\n{stage} {next} {found}\n"
                );
            }
            None => {
                problems += &format!("add this line to stage_versions.txt:\n{prefix}{found}\n");
            }
        }
    }
    assert!(problems.is_empty(), "\n{problems}");
}
