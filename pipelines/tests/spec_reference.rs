//! What is committed about the keys of a spec is what the types say.

use std::path::Path;

use expect_test::expect_file;
use pipelines::spec::{reference, schema_json};

#[test]
fn the_reference_and_the_schema_are_those_of_the_types() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    expect_file![here.join("../docs/spec.md")].assert_eq(&reference());
    expect_file![here.join("specs/schema.json")].assert_eq(&schema_json());
}
