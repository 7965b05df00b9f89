//! Whether more epochs do more with augmented images.

use pipelines::spec::{Model, Spec};

use crate::document::Document;
use crate::figures::effect_curves::{self, Axes, Curve, Point};
use crate::inputs::Inputs;
use crate::markdown::markdown;
use crate::panel::percent_label;

/// Writes the section; nothing unless a model was trained for several numbers of epochs on the images of
/// at least two policies, all else the same.
pub fn write(document: &mut Document, inputs: &Inputs) {
    let mut is_headed = false;
    for base in &inputs.spec.models {
        let mut curves: Vec<Curve> = Vec::new();
        for model in variants(&inputs.spec, base) {
            let Some(accuracy) = inputs.tables.metric(&model.name, Some("test"), "accuracy") else {
                continue;
            };
            let point = Point {
                x: model.epochs as f64,
                estimate: accuracy.mean,
                interval: accuracy.low.zip(accuracy.high),
            };
            let policy = model
                .augmentation
                .policy()
                .unwrap_or("no augmentation")
                .to_owned();
            match curves.iter_mut().find(|curve| curve.name == policy) {
                Some(curve) => curve.points.push(point),
                None => curves.push(Curve {
                    name: policy,
                    points: vec![point],
                }),
            }
        }
        for curve in &mut curves {
            curve.points.sort_by(|a, b| a.x.total_cmp(&b.x));
            curve.points.dedup_by_key(|point| point.x);
        }
        curves.retain(|curve| curve.points.len() > 1);
        if curves.len() < 2 {
            continue;
        }
        if !is_headed {
            document.heading(2, "Epochs and augmentation together");
            is_headed = true;
        }
        let title = format!("Test accuracy of {} by epochs and augmentation", base.name);
        let axes = Axes {
            x: "epochs",
            y: "test accuracy",
            label: percent_label,
            differences: false,
        };
        let alt = format!("{title}; the table of results has the numbers");
        let panels = [(base.name.clone(), curves)];
        let name = format!("epochs-{}", base.name);
        document.chart(&name, &alt, &effect_curves::draw(&title, axes, &panels));
        document.paragraph(markdown!(
            "{} and the models that differ from it in epochs and augmentation alone, one curve a policy. \
             Where the curves are parallel, more epochs do the same with and without augmentation. Two \
             intervals that overlap are no test: what each change did is [tested](#what-each-change-did).",
            base.name
        ));
    }
}

/// `base` and the models that differ from it in epochs and augmentation alone.
fn variants<'a>(spec: &'a Spec, base: &'a Model) -> impl Iterator<Item = &'a Model> {
    let changed = spec.models.iter().filter(move |model| {
        let mut changes = spec.changes(model).into_iter();
        model.base() == Some(base.name.as_str())
            && changes.all(|change| ["epochs", "augmentation"].contains(&change.key.as_str()))
    });
    std::iter::once(base).chain(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_papers_future_work_only_epochs_and_augmentation_belong_together() {
        let spec = Spec::load("future-work-large").unwrap();
        let base = spec.model("model-7").unwrap();
        let names: Vec<&str> = variants(&spec, base)
            .map(|model| model.name.as_str())
            .collect();
        let expected = [
            "model-7",
            "epochs-20",
            "epochs-40",
            "affine-10",
            "affine-20",
            "affine-40",
        ];
        assert_eq!(names, expected);
    }
}
