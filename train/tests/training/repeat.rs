use train::trainer::Trainer;

use crate::model::{images, info, model, values};

const BLOCK: &str = r#"
    { type = "residual", layers = [
      { type = "conv2d", filters = 3, kernel_size = 3, padding = "same", activation = "relu" },
      { type = "batch_normalization" },
      { type = "dropout", rate = 0.2 },
    ] },
    { type = "activation", activation = "gelu" },
"#;

fn trained(layers: &str) -> (Vec<(String, Vec<f32>)>, f32) {
    let model = model(&format!(
        r#"
            layers = [
              {{ type = "sequence", {layers} }},
              {{ type = "flatten" }},
              {{ type = "dense", units = 5 }},
            ]
            optimizer = {{ name = "adam" }}
        "#
    ));
    let mut trainer = Trainer::new(&model, &info(), 0).unwrap();
    let mut loss = 0.0;
    for step in 0..3 {
        loss = trainer.step(images(step)).unwrap().loss;
    }
    (values(&trainer.network), loss)
}

#[test]
fn a_repeated_sequence_is_its_layers_written_out() {
    let repeated = trained(&format!("repeat = 3, layers = [{BLOCK}]"));
    let written_out = trained(&format!("layers = [{BLOCK}{BLOCK}{BLOCK}]"));
    assert_eq!(repeated, written_out);
    let names: Vec<&str> = repeated.0.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[0], "sequence1.residual1.conv1.weight");
    assert!(names.contains(&"sequence1.residual3.bn1.running_var"));
}
