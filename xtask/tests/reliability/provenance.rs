//! Manifests name the code that made their files.

use pipelines::files::manifest::Manifest;

use crate::project::finished;

#[test]
fn every_manifest_names_the_commit_that_its_program_was_built_from() {
    // The tests and the stages are compiled from the same commit, but perhaps not from the same
    // changes to it.
    let clean = |commit: &str| commit.trim_end_matches("-dirty").to_owned();
    let expected = clean(commit::commit!());
    let names = finished().files();
    let manifests = names
        .iter()
        .filter_map(|name| name.strip_suffix("/manifest.json"));
    let mut count = 0;
    for folder in manifests {
        let manifest = Manifest::read(&finished().path(folder)).unwrap().unwrap();
        assert_eq!(clean(&manifest.made_by.commit), expected, "{folder}");
        count += 1;
    }
    assert_eq!(count, 6);
}
