use train::trainer::Trainer;

use crate::model::{images, info, model, values};

fn after_a_step(optimizer: &str, more: &str) -> Vec<(String, Vec<f32>)> {
    let model = model(&format!(
        r#"
            layers = [
              {{ type = "conv2d", filters = 4, kernel_size = 3 }},
              {{ type = "batch_normalization" }},
              {{ type = "flatten" }},
              {{ type = "dense", units = 5 }},
            ]
            bias_initializer = "ones"
            optimizer = {{ name = "{optimizer}", learning_rate = 0.1, {more}
        "#
    ));
    let mut trainer = Trainer::new(&model, &info(), 0).unwrap();
    trainer.step(images(0)).unwrap();
    values(&trainer.network)
}

/// Decoupled: w - rate * decay * w, then the step that would be taken without decay.
#[test]
fn every_optimizer_takes_the_share_of_the_old_weight_away() {
    let model = model(
        r#"
            layers = [{ type = "flatten" }, { type = "dense", units = 5 }]
            optimizer = { name = "sgd" }
        "#,
    );
    let before = values(&Trainer::new(&model, &info(), 0).unwrap().network);
    for optimizer in ["adam", "adamw", "sgd", "rmsprop", "adadelta", "adamax"] {
        let step = |decay: f64| {
            let mut model = model.clone();
            let text = format!(
                r#"{{"name": "{optimizer}", "learning_rate": 0.1, "weight_decay": {decay:?}}}"#
            );
            model.optimizer = serde_json::from_str(&text).unwrap();
            let mut trainer = Trainer::new(&model, &info(), 0).unwrap();
            trainer.step(images(0)).unwrap();
            values(&trainer.network)
        };
        for ((before, plain), decayed) in before.iter().zip(step(0.0)).zip(step(0.5)) {
            let weights = before.1.iter().zip(&plain.1).zip(&decayed.1);
            for ((before, plain), decayed) in weights {
                let expected = plain - 0.1 * 0.5 * before;
                assert!((decayed - expected).abs() < 1e-6, "{optimizer}");
            }
        }
    }
}

#[test]
fn what_is_excluded_keeps_its_size() {
    let plain = after_a_step("sgd", "}");
    let all = after_a_step("sgd", "weight_decay = 0.5 }");
    let kernels = after_a_step(
        "sgd",
        "weight_decay = 0.5 }\nexclude_from_weight_decay = [\"bias\", \"gamma\", \"beta\"]",
    );
    for ((plain, all), kernels) in plain.iter().zip(&all).zip(&kernels) {
        let name = plain.0.as_str();
        let is_kernel = matches!(name, "conv1.weight" | "fc1.weight");
        let is_running = name.contains("running");
        assert_eq!(kernels.1 != plain.1, is_kernel, "{name}");
        // Beta is zero, and nothing can be taken away from it.
        assert_eq!(
            all.1 != plain.1,
            !is_running && name != "bn1.bias",
            "{name}"
        );
    }
}
