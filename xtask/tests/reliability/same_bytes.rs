//! Same spec and seed, same bytes.

use std::collections::BTreeMap;

use crate::project::{Project, assert_same, finished};

fn digest_with(options: &str) -> BTreeMap<String, String> {
    let project = Project::new();
    project.run(&format!("run-all {options}")).succeeded();
    project.digest()
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let expected = finished().digest();
    assert!(expected.len() > 20, "{expected:#?}");
    for threads in ["--threads 1", "--threads 2", "--threads 4"] {
        assert_same(&digest_with(threads), &expected);
    }
}

#[test]
fn models_trained_side_by_side_have_the_same_bytes() {
    assert_same(&digest_with("--jobs 3 --threads 3"), &finished().digest());
}
