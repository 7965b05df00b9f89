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
fn a_model_is_judged_against_the_one_that_the_spec_names_and_trained_as_before() {
    let text = r#"
        extends = "paper"
        inherit = ["model-7"]
        description = "A tuned optimizer, judged against the model that the optimizer was changed in"

        [[model]]
        name = "sgd"
        extends = "model-7"
        optimizer = { name = "sgd", learning_rate = 0.01 }

        [[sweep]]
        name = "tuned"
        extends = "sgd"
        parameters = { "optimizer.learning_rate" = [0.1, 0.3] }
    "#;
    let compared = text.replace("parameters", "compared_with = \"model-7\"\nparameters");
    let of = |text: &str| Spec::from_text("compared.toml", text).unwrap();
    let (old, new) = (of(text), of(&compared));
    let winner = |spec: &Spec| spec.sweeps[0].winner(1);
    assert_eq!(winner(&old).base(), Some("sgd"));
    assert_eq!(winner(&new).base(), Some("model-7"));
    let keys = |spec: &Spec| {
        let changes = spec.changes(&winner(spec)).into_iter();
        changes.map(|change| change.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(&old), ["optimizer: learning_rate"]);
    assert_eq!(keys(&new), ["optimizer"]);
    for (old, new) in old.all_models().zip(new.all_models()) {
        assert_eq!(old.training_part(), new.training_part());
    }
    let json = |spec: &Spec| serde_json::to_value(spec).unwrap();
    assert_eq!(json(&of(&new.show())), json(&new));
}

#[test]
fn a_proposal_belongs_to_its_model_and_to_none_that_extends_it() {
    let proposals = [("longer", Some("epochs"), Some("somebody's sentence"))];
    assert_eq!(spec().proposals(), proposals);
}
