//! Precision, recall and F1 of every class.

use crate::document::Document;
use crate::evaluated::ClassScores;
use crate::figures::class_scores::{self, Class};
use crate::inputs::Inputs;
use crate::number::{grouped, percent};
use crate::sections::NO_RUN;
use crate::table::Table;
use crate::words::short_names;

/// Most classes in a table; of more, those with the highest and the lowest F1.
const MAX_TABLE_CLASSES: usize = 40;
/// Most classes with a panel in the figure; of more, those with the lowest F1.
const MAX_PANELS: usize = 20;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(
        2,
        inputs.heading("Classification reports", "classification"),
    );
    let rows: Vec<&ClassScores> = inputs
        .tables
        .classification_report
        .iter()
        .filter(|row| row.split == "test")
        .collect();
    if rows.is_empty() {
        document.paragraph(NO_RUN);
        return;
    }
    f1_figure(document, inputs, &rows);
    for model in &inputs.models {
        let classes = means(&rows, model);
        if classes.is_empty() {
            continue;
        }
        let paper = inputs.paper();
        let source = paper.and_then(|paper| paper.classification_source(model));
        let summary = format!("{model}{}", source.unwrap_or_default());
        document.details(&summary, |document| {
            let shown = best_and_worst(&classes);
            let mut table = report_table(&shown);
            if let Some(paper) = paper {
                let rows: Vec<_> = shown.iter().map(|class| (class.label, class.f1)).collect();
                paper.add_to_classification(&mut table, model, &rows);
            }
            document.table(&table);
        });
    }
    let mut note = "On the test images, in per cent, means over runs.".to_owned();
    if inputs.info().class_count() > MAX_TABLE_CLASSES {
        note.push_str(&format!(
            " The tables have the {} classes with the lowest F1 and the {} with the highest.",
            MAX_TABLE_CLASSES / 2,
            MAX_TABLE_CLASSES - MAX_TABLE_CLASSES / 2
        ));
    }
    document.paragraph(note);
}

/// One class, or one average over classes, of one model: means over its runs.
#[derive(Clone, Debug)]
struct ClassMeans {
    name: String,
    /// Missing for averages.
    label: Option<u64>,
    precision: f64,
    recall: f64,
    f1: f64,
    support: u64,
}

/// The classes of `model` in label order, then the averages.
fn means(rows: &[&ClassScores], model: &str) -> Vec<ClassMeans> {
    let mut classes: Vec<(ClassMeans, f64)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for row in rows.iter().filter(|row| row.model == model) {
        let place = *places.entry(&row.class).or_insert_with(|| {
            classes.push((
                ClassMeans {
                    name: row.class.clone(),
                    label: row.label,
                    precision: 0.0,
                    recall: 0.0,
                    f1: 0.0,
                    support: row.support,
                },
                0.0,
            ));
            classes.len() - 1
        });
        let (class, runs) = &mut classes[place];
        class.precision += row.precision;
        class.recall += row.recall;
        class.f1 += row.f1;
        *runs += 1.0;
    }
    let mean = |(class, runs): (ClassMeans, f64)| ClassMeans {
        precision: class.precision / runs,
        recall: class.recall / runs,
        f1: class.f1 / runs,
        ..class
    };
    classes.into_iter().map(mean).collect()
}

/// All of `classes`, or those with the lowest and the highest F1 from worst to best, and the averages.
fn best_and_worst(classes: &[ClassMeans]) -> Vec<ClassMeans> {
    let (mut shown, averages): (Vec<_>, Vec<_>) = classes
        .iter()
        .cloned()
        .partition(|class| class.label.is_some());
    if shown.len() > MAX_TABLE_CLASSES {
        shown.sort_by(|a, b| a.f1.total_cmp(&b.f1));
        let low = MAX_TABLE_CLASSES / 2;
        shown.drain(low..shown.len() - (MAX_TABLE_CLASSES - low));
    }
    shown.extend(averages);
    shown
}

fn report_table(classes: &[ClassMeans]) -> Table {
    let mut table = Table::new(["class", "precision", "recall", "F1", "images"]);
    for class in classes {
        let cells = [
            class.name.clone(),
            percent(class.precision),
            percent(class.recall),
            percent(class.f1),
            grouped(class.support),
        ];
        match class.label {
            Some(_) => table.row(cells),
            None => table.total(0, cells),
        }
    }
    table
}

fn f1_figure(document: &mut Document, inputs: &Inputs, rows: &[&ClassScores]) {
    let by_model: Vec<Vec<ClassMeans>> = inputs
        .models
        .iter()
        .map(|model| means(rows, model))
        .collect();
    let f1 = |classes: &[ClassMeans], label: usize| {
        let mut classes = classes.iter();
        Some(classes.find(|class| class.label == Some(label as u64))?.f1)
    };
    let mut classes: Vec<(Class, f64)> = inputs
        .info()
        .class_names
        .iter()
        .enumerate()
        .filter_map(|(label, name)| {
            let ours: Vec<_> = by_model.iter().map(|classes| f1(classes, label)).collect();
            let values: Vec<f64> = ours.iter().flatten().copied().collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let class = Class {
                name: name.clone(),
                ours,
                reference: match inputs.paper() {
                    Some(paper) => inputs.models.iter().map(|m| paper.f1(m, label)).collect(),
                    None => Vec::new(),
                },
            };
            (!values.is_empty()).then_some((class, mean))
        })
        .collect();
    if let Some((class, f1)) = classes.iter().min_by(|a, b| a.1.total_cmp(&b.1)) {
        document.paragraph(format!(
            "The hardest class over all models is {}, with a mean F1 of {} %.",
            class.name.clone(),
            percent(*f1)
        ));
    }
    let mut which = "each class";
    if classes.len() > MAX_PANELS {
        classes.sort_by(|a, b| a.1.total_cmp(&b.1));
        classes.truncate(MAX_PANELS);
        which = "the hardest classes";
    }
    let classes: Vec<Class> = classes.into_iter().map(|(class, _)| class).collect();
    let reference = inputs.paper().map(|paper| paper.mark_names()[0]);
    let svg = class_scores::draw(&short_names(&inputs.models), &classes, reference);
    let alt = format!(
        "F1 of {which} on the test images, model by model; the tables below have the numbers"
    );
    document.chart("class-f1", &alt, &svg);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn row(seed: u64, class: &str, label: Option<u64>, f1: f64) -> ClassScores {
        ClassScores {
            model: "model-7".to_owned(),
            seed,
            split: "test".to_owned(),
            class: class.to_owned(),
            label,
            precision: 0.8,
            recall: 0.9,
            f1,
            support: 1_000,
        }
    }

    #[test]
    fn reports_are_means_over_runs() {
        let rows = [
            row(0, "oak", Some(0), 0.84),
            row(1, "oak", Some(0), 0.86),
            row(0, "macro avg", None, 0.84),
        ];
        let rows: Vec<_> = rows.iter().collect();
        expect![[r#"
            | class | precision | recall | F1 | images |
            | --- | --: | --: | --: | --: |
            | oak | 80.00 | 90.00 | 85.00 | 1,000 |
            | *macro avg* | 80.00 | 90.00 | 84.00 | 1,000 |"#]]
        .assert_eq(&report_table(&means(&rows, "model-7")).markdown());
    }

    #[test]
    fn of_many_classes_the_worst_and_the_best_are_shown() {
        let mut rows: Vec<_> = (0..100)
            .map(|label| row(0, &label.to_string(), Some(label), label as f64 / 100.0))
            .collect();
        rows.push(row(0, "macro avg", None, 0.5));
        let rows: Vec<_> = rows.iter().collect();
        let shown = best_and_worst(&means(&rows, "model-7"));
        let names: Vec<_> = shown.iter().map(|class| class.name.as_str()).collect();
        assert_eq!(names.len(), MAX_TABLE_CLASSES + 1);
        assert_eq!(
            (names[0], names[19], names[20], names[40]),
            ("0", "19", "80", "macro avg")
        );
    }
}
