//! Which models of an extended spec take part.

use pipelines::spec::Spec;

fn spec() -> Spec {
    let text = r#"
        extends = "paper"
        inherit = ["model-7"]
        description = "One change of the champion, and one of a model that does not take part"

        [[model]]
        name = "longer"
        theme = "epochs"
        proposal = "somebody's sentence"
        extends = "model-7"
        epochs = 20

        [[model]]
        name = "another"
        extends = "model-4"
        epochs = 1
    "#;
    Spec::from_text("inheriting.toml", text).unwrap()
}

#[test]
fn models_that_are_not_inherited_take_no_part_but_give_their_keys() {
    let spec = spec();
    let paper = Spec::load("paper").unwrap();
    let names: Vec<&str> = spec
        .models
        .iter()
        .map(|model| model.name.as_str())
        .collect();
    assert_eq!(names, ["model-7", "longer", "another"]);
    let layers = |spec: &Spec, name: &str| spec.model(name).unwrap().layers.clone();
    assert_eq!(layers(&spec, "model-7"), layers(&paper, "model-7"));
    assert_eq!(layers(&spec, "another"), layers(&paper, "model-4"));
}

#[test]
fn a_model_is_compared_with_one_that_takes_part_only() {
    let spec = spec();
    let bases: Vec<Option<&str>> = spec.models.iter().map(|m| m.extends.as_deref()).collect();
    assert_eq!(bases, [None, Some("model-7"), None]);
    assert!(spec.published.is_none());
}

#[test]
fn a_proposal_belongs_to_its_model_and_to_none_that_extends_it() {
    let proposals = [("longer", Some("epochs"), Some("somebody's sentence"))];
    assert_eq!(spec().proposals(), proposals);
}
