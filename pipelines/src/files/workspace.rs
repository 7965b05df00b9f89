//! Where the sources of Atelier lie, if they lie on this machine at all.
//!
//! It is looked up while a program runs and never compiled in: a program can be copied to a machine
//! without Rust and without sources, where `--root` and the path of a spec say all that it needs.

use std::env;
use std::path::{Path, PathBuf};

/// The folder with the specs of the repository, below the workspace.
const SPECS: &str = "pipelines/specs";

/// Names the workspace to programs that are started elsewhere, such as by a queue.
pub const VARIABLE: &str = "ATELIER_WORKSPACE";

/// The workspace that [`VARIABLE`] names or that cargo runs this program from, or else the one that holds
/// the current folder or this program; `None` where there is none.
pub fn find() -> Option<PathBuf> {
    let named = env::var_os(VARIABLE).map(PathBuf::from);
    let by_cargo = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = env::current_dir().ok();
    let program = env::current_exe().ok();
    [named, by_cargo, here, program]
        .into_iter()
        .flatten()
        .find_map(|path| {
            let mut above = path.ancestors();
            above
                .find(|folder| is_workspace(folder))
                .map(Path::to_path_buf)
        })
}

/// The folder with the specs that can be named without their path; `None` without a workspace.
pub fn specs() -> Option<PathBuf> {
    find().map(|workspace| workspace.join(SPECS))
}

fn is_workspace(folder: &Path) -> bool {
    folder.join("Cargo.toml").is_file() && folder.join(SPECS).is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_cargo_runs_finds_the_workspace_and_its_specs() {
        assert!(find().unwrap().join("Cargo.lock").is_file());
        assert!(specs().unwrap().join("paper.toml").is_file());
    }
}
