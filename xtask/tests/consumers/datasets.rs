//! Ingested data in Hugging Face's `datasets`.

use crate::project::Project;
use crate::python;

#[test]
fn datasets_opens_the_folder_with_splits_class_labels_and_images() {
    let Some(python) = python::python() else {
        return;
    };
    let project = Project::new();
    project.run("ingest").succeeded();
    let folders = [project.path("data/ingested/bundled"), project.path("cache")];
    let folders = [folders[0].as_path(), folders[1].as_path()];
    let printed = python::check(&python, "check_dataset.py", &folders);
    assert_eq!(printed.lines().last(), Some("2000 400 1000"), "{printed}");
}
