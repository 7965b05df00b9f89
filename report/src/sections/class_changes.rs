//! What each change did to the hardest classes, and what the weight of a class does.

use std::collections::BTreeMap;

use pipelines::spec::Spec;
use pipelines::tables::metrics::{ONE_RUN_EACH, PRECISION, RECALL};

use crate::document::Document;
use crate::evaluated::{ClassChange, Tables};
use crate::figures::effect_curves::{self, Axes, Curve, Point};
use crate::inputs::Inputs;
use crate::markdown::{Markdown, cells, markdown};
use crate::number::{percent_to, points, points_interval};
use crate::panel::points_label;
use crate::table::Table;
use crate::words::join_and;

/// Classes with columns of their own.
const HARDEST: usize = 4;

/// Writes the section; nothing without a change.
pub fn write(document: &mut Document, inputs: &Inputs) {
    let tables = &inputs.tables;
    let hardest = hardest_classes(tables);
    let changed = changed_models(tables);
    if hardest.is_empty() || changed.is_empty() {
        return;
    }
    document.heading(2, "What each change did to the hardest classes");
    let names = inputs.info().class_names.iter();
    let named: Vec<(u64, &str)> = (0..)
        .zip(names)
        .filter(|(label, _)| hardest.contains(label))
        .map(|(label, name)| (label, name.as_str()))
        .collect();
    document.table(&table(inputs, &changed, &named, RECALL));
    let confidence = percent_to(inputs.spec.evaluation.confidence, 0);
    document.paragraph(markdown!(
        "Recall on the test images: how many more of the images of a class are recognised, in percentage \
         points, with {} % intervals. {} have the lowest F1 over all models. Bold is what is \
         significant after Holm's correction over every class of every change, for recall and \
         precision together.",
        confidence,
        join_and(&named.iter().map(|(_, name)| *name).collect::<Vec<_>>()),
    ));
    let mut rows = tables.class_changes.iter();
    if rows.any(|row| row.scope == ONE_RUN_EACH) {
        document.paragraph(
            "With one run each, this is about these networks on other images and not about other seeds: \
             a class that one network prefers to its neighbour may be the other's with the next seed.",
        );
    }
    document.details("Precision of these classes", |document| {
        document.table(&table(inputs, &changed, &named, PRECISION));
        document.paragraph(
            "How many more of the images that are taken for a class belong to it, in percentage points.",
        );
    });
    weights(document, inputs);
}

/// The labels of the classes with the lowest F1, as mean over all runs.
fn hardest_classes(tables: &Tables) -> Vec<u64> {
    let mut scores: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for row in tables
        .classification_report
        .iter()
        .filter(|row| row.split == "test")
    {
        if let Some(label) = row.label {
            let (sum, runs) = scores.entry(label).or_default();
            *sum += row.f1;
            *runs += 1.0;
        }
    }
    let mut means: Vec<(u64, f64)> = scores
        .into_iter()
        .map(|(label, (sum, runs))| (label, sum / runs))
        .collect();
    means.sort_by(|a, b| a.1.total_cmp(&b.1));
    means
        .into_iter()
        .take(HARDEST)
        .map(|(label, _)| label)
        .collect()
}

/// Each change with its base, in the order of the table.
fn changed_models(tables: &Tables) -> Vec<(&str, &str)> {
    let mut changed: Vec<(&str, &str)> = Vec::new();
    for row in &tables.class_changes {
        let pair = (row.model.as_str(), row.extends.as_str());
        if changed.last() != Some(&pair) {
            changed.push(pair);
        }
    }
    changed
}

fn table(
    inputs: &Inputs,
    changed: &[(&str, &str)],
    classes: &[(u64, &str)],
    metric: &str,
) -> Table {
    let header = ["model", "changed from", "what it is"].into_iter();
    let names = classes.iter().flat_map(|(_, name)| [*name, "interval"]);
    let mut table = Table::new(header.chain(names)).text_columns([1, 2]);
    for (model, extends) in changed {
        let title = inputs
            .spec
            .model(model)
            .map_or("", |model| model.title.as_str());
        let mut cells = cells![*model, *extends, title].to_vec();
        for (label, _) in classes {
            let row = change(&inputs.tables, model, *label, metric);
            cells.push(
                row.map_or(Markdown::default(), |row| match row.significant {
                    true => Markdown::bold(points(row.difference)),
                    false => points(row.difference).into(),
                }),
            );
            cells.push(row.map_or(Markdown::default(), |row| {
                points_interval(row.low, row.high).into()
            }));
        }
        table.row(cells);
    }
    table
}

fn change<'a>(
    tables: &'a Tables,
    model: &str,
    label: u64,
    metric: &str,
) -> Option<&'a ClassChange> {
    let mut rows = tables.class_changes.iter();
    rows.find(|row| row.model == model && row.label == label && row.metric == metric)
}

/// A figure for each class whose weight is all that several changes of a model differ in.
fn weights(document: &mut Document, inputs: &Inputs) {
    let tables = &inputs.tables;
    let mut weighted: BTreeMap<(&str, &str), Vec<(f64, &str)>> = BTreeMap::new();
    for (model, extends) in changed_models(tables) {
        if let Some((class, weight)) = only_weight(&inputs.spec, model) {
            weighted
                .entry((extends, class))
                .or_default()
                .push((weight, model));
        }
    }
    for ((extends, class), models) in weighted {
        let mut names = inputs.info().class_names.iter();
        let Some(label) = names.position(|name| name == class) else {
            continue;
        };
        if models.len() < 2 {
            continue;
        }
        let of_class = |metric: &str| {
            curve(&models, |model| {
                let row = change(tables, model, label as u64, metric)?;
                Some((row.difference, row.low, row.high))
            })
        };
        let of_all = curve(&models, |model| {
            let row = tables.changes.iter().find(|row| row.model == *model)?;
            Some((row.test_difference, row.test_low, row.test_high))
        });
        let panels = [
            (format!("recall of {class}"), vec![of_class(RECALL)]),
            (format!("precision of {class}"), vec![of_class(PRECISION)]),
            ("accuracy, all classes".to_owned(), vec![of_all]),
        ];
        let title = format!("What the weight of {class} does to {extends}");
        let axes = Axes {
            x: "weight",
            y: "change, percentage points",
            label: points_label,
            differences: true,
        };
        let svg = effect_curves::draw(&title, axes, &panels);
        let alt = format!(
            "{title}: recall and precision of the class and accuracy; the tables have the numbers"
        );
        document.chart(&format!("class-weights-{label}-{extends}"), &alt, &svg);
        document.paragraph(markdown!(
            "Change in percentage points against {}, where every class weighs 1, with intervals.",
            extends
        ));
    }
}

/// The class that `model` weighs and its weight, if that is the only change of a model without weights.
fn only_weight<'a>(spec: &'a Spec, model: &str) -> Option<(&'a str, f64)> {
    let model = spec.model(model).ok()?;
    let base = spec.model(model.base()?).ok()?;
    let mut weights = model.class_weight.iter();
    let (class, weight) = weights.next()?;
    let is_only = weights.next().is_none()
        && base.class_weight.is_empty()
        && spec
            .changes(model)
            .iter()
            .all(|change| change.key.starts_with("class_weight"));
    is_only.then_some((class.as_str(), *weight))
}

/// The effects of `models`, which stand beside their weight, from none at weight 1.
fn curve(models: &[(f64, &str)], effect: impl Fn(&str) -> Option<(f64, f64, f64)>) -> Curve {
    let none = Point {
        x: 1.0,
        estimate: 0.0,
        interval: None,
    };
    let found = models.iter().filter_map(|(weight, model)| {
        let (estimate, low, high) = effect(model)?;
        Some(Point {
            x: *weight,
            estimate,
            interval: Some((low, high)),
        })
    });
    let mut points: Vec<Point> = std::iter::once(none).chain(found).collect();
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    Curve {
        name: String::new(),
        points,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluated::ClassScores;

    #[test]
    fn a_curve_has_the_changes_of_one_weight_alone() {
        let spec = Spec::load("future-work").unwrap();
        let weight = |model: &str| only_weight(&spec, model);
        assert_eq!(weight("shirts-1.5"), Some(("Shirt", 1.5)));
        assert_eq!(weight("shirts-4"), Some(("Shirt", 4.0)));
        assert_eq!(weight("batch-64"), None);
        assert_eq!(weight("model-7"), None);
        let weights = [(2.0, "heavy"), (0.5, "light")];
        let found = curve(&weights, |model| {
            (model == "light").then_some((-0.1, -0.2, 0.1))
        });
        let places: Vec<(f64, f64)> = found.points.iter().map(|p| (p.x, p.estimate)).collect();
        assert_eq!(places, [(0.5, -0.1), (1.0, 0.0)]);
    }

    #[test]
    fn the_hardest_classes_are_those_with_the_lowest_f1_on_test_images_over_all_runs() {
        let row = |model: &str, split: &str, label: Option<u64>, f1: f64| ClassScores {
            model: model.to_owned(),
            seed: 0,
            split: split.to_owned(),
            class: String::new(),
            label,
            precision: 0.5,
            recall: 0.5,
            f1,
            support: 10,
        };
        let mut tables = Tables::default();
        for label in 0..6 {
            let f1 = 0.9 - 0.1 * label as f64;
            tables.classification_report.extend([
                row("a", "test", Some(label), f1),
                // What is best on validation rows, and best for one model alone, is still hardest here.
                row("a", "validation", Some(label), 1.0 - f1),
                row("b", "test", Some(label), if label == 5 { 0.5 } else { f1 }),
            ]);
        }
        tables
            .classification_report
            .push(row("a", "test", None, 0.0));
        assert_eq!(
            hardest_classes(&tables),
            [5, 4, 3, 2].map(|label| label as u64)
        );
    }
}
