//! Each spec in `invalid-specs` is refused with the message in the text file beside it.

use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use pipelines::spec::Spec;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/invalid-specs")
}

/// The message for `path`, without the folders that differ from machine to machine.
fn message(path: &Path) -> String {
    let error = Spec::load(&path.to_string_lossy()).unwrap_err().to_string();
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    error
        .replace(&format!("{}/", folder().display()), "")
        .replace(&specs.display().to_string(), "specs")
}

#[test]
fn invalid_specs_are_refused_with_the_message_beside_them() {
    let mut count = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            expect_file![path.with_extension("txt")].assert_eq(&(message(&path) + "\n"));
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn a_spec_that_cannot_be_read_as_text_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let check = |name: &str, expected: &str| {
        let path = folder.path().join(name);
        let error = Spec::load(&path.to_string_lossy()).unwrap_err().to_string();
        assert!(error.contains(expected), "{name}: {error}");
    };
    fs::write(folder.path().join("bytes.toml"), b"\xff\xfe").unwrap();
    fs::create_dir(folder.path().join("folder.toml")).unwrap();
    let large = fs::File::create(folder.path().join("large.toml")).unwrap();
    large.set_len(1 << 40).unwrap();
    check("bytes.toml", "valid UTF-8");
    check("folder.toml", "Is a directory");
    check("large.toml", "expected at most 1048576 bytes");
    check("absent.toml", "No such file");
}

#[test]
fn many_models_are_refused_quickly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.toml");
    let model = |number| format!("[[model]]\nname = \"m{number}\"\n");
    let models: String = (0..40_000).map(model).collect();
    fs::write(&path, format!("description = \"\"\n{models}")).unwrap();
    let error = Spec::load(&path.to_string_lossy()).unwrap_err().to_string();
    assert!(
        error.contains("model: expected at most 1000, found 40000"),
        "{error}"
    );
}
