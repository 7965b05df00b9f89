//! Precision, recall and F1 by class: Figures 7 and 8, for every model.

use pipelines::class::{CLASS_COUNT, CLASS_NAMES};
use pipelines::spec::published::PublishedReport;

use crate::document::Document;
use crate::evaluated::ClassMetrics;
use crate::figures::class_scores::{self, Class};
use crate::inputs::Inputs;
use crate::number::{decimal, grouped, percent};
use crate::sections::NO_RUN;
use crate::table::Table;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Classification reports (Figures 7 and 8)");
    let rows: Vec<&ClassMetrics> = inputs
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
        let of_model: Vec<_> = rows
            .iter()
            .filter(|row| row.model == *model)
            .copied()
            .collect();
        if of_model.is_empty() {
            continue;
        }
        let published = inputs.published.classification_report(model);
        let summary = match published {
            None => model.clone(),
            Some(report) => format!("{model}, beside the paper's {}", report.source),
        };
        document.details(&summary, |document| {
            document.table(&report_table(&of_model, published));
        });
    }
    document.paragraph(
        "On the test images, in per cent, means over runs. The paper prints two decimals of a fraction.",
    );
}

/// One row a class, then the averages; the paper's three numbers beside ours where it has them.
fn report_table(rows: &[&ClassMetrics], published: Option<&PublishedReport>) -> Table {
    let mut header = vec!["class", "precision", "recall", "F1", "images"];
    if published.is_some() {
        header.extend(["paper: precision", "recall", "F1", "F1: ours − paper"]);
    }
    let mut table = Table::new(header);
    let mut classes: Vec<&str> = Vec::new();
    for row in rows {
        if !classes.contains(&row.class.as_str()) {
            classes.push(&row.class);
        }
    }
    for class in classes {
        let of_class: Vec<_> = rows
            .iter()
            .filter(|row| row.class == class)
            .copied()
            .collect();
        let f1 = mean(&of_class, |row| row.f1);
        let mut cells = vec![
            class.to_owned(),
            percent(mean(&of_class, |row| row.precision)),
            percent(mean(&of_class, |row| row.recall)),
            percent(f1),
            of_class
                .first()
                .map_or(String::new(), |row| grouped(row.support)),
        ];
        let label = of_class.first().and_then(|row| row.label);
        if let (Some(report), Some(label)) = (published, label) {
            let label = label as usize;
            let paper = [
                report.precision[label],
                report.recall[label],
                report.f1[label],
            ];
            cells.extend(paper.map(|value| decimal(value * 100.0, 0)));
            cells.push(crate::number::signed((f1 - paper[2]) * 100.0, 1));
        }
        table.row(cells);
    }
    table
}

fn mean(rows: &[&ClassMetrics], value: fn(&ClassMetrics) -> f64) -> f64 {
    rows.iter().map(|row| value(row)).sum::<f64>() / rows.len().max(1) as f64
}

fn f1_figure(document: &mut Document, inputs: &Inputs, rows: &[&ClassMetrics]) {
    let classes: Vec<Class> = (0..CLASS_COUNT)
        .map(|label| {
            let ours = inputs.models.iter().map(|model| {
                let of_class: Vec<_> = rows
                    .iter()
                    .filter(|row| row.model == *model && row.label == Some(label as u64))
                    .copied()
                    .collect();
                (!of_class.is_empty()).then(|| mean(&of_class, |row| row.f1))
            });
            let published = inputs.models.iter().map(|model| {
                inputs
                    .published
                    .classification_report(model)
                    .map(|report| report.f1[label])
            });
            Class {
                name: CLASS_NAMES[label].to_owned(),
                ours: ours.collect(),
                published: published.collect(),
            }
        })
        .collect();
    let names: Vec<_> = inputs
        .models
        .iter()
        .map(|model| short_name(model))
        .collect();
    let worst = classes
        .iter()
        .filter_map(|class| {
            let values: Vec<f64> = class.ours.iter().flatten().copied().collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (!values.is_empty()).then_some((class.name.as_str(), mean))
        })
        .min_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((name, f1)) = worst {
        document.paragraph(&format!(
            "The hardest class over all models is {name}, with a mean F1 of {} %.",
            percent(f1)
        ));
    }
    let alt =
        "F1 of each class on the test images, model by model; the tables below have the numbers";
    document.chart("class-f1", alt, &class_scores::draw(&names, &classes));
}

/// `model-7` as `7`; other names as they are.
pub fn short_name(model: &str) -> String {
    model.strip_prefix("model-").unwrap_or(model).to_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn reports_are_means_over_runs_beside_the_published_numbers() {
        let row = |seed, class: &str, label, f1| ClassMetrics {
            model: "model-7".to_owned(),
            seed,
            split: "test".to_owned(),
            class: class.to_owned(),
            label,
            precision: 0.8,
            recall: 0.9,
            f1,
            support: 1_000,
        };
        let rows = [
            row(0, "T-shirt/top", Some(0), 0.84),
            row(1, "T-shirt/top", Some(0), 0.86),
            row(0, "macro avg", None, 0.84),
        ];
        let published = pipelines::spec::published::Published::load().unwrap();
        let rows: Vec<_> = rows.iter().collect();
        expect![[r#"
            | class | precision | recall | F1 | images | paper: precision | recall | F1 | F1: ours − paper |
            | --- | --: | --: | --: | --: | --: | --: | --: | --: |
            | T-shirt/top | 80.00 | 90.00 | 85.00 | 1,000 | 82 | 85 | 84 | +1.0 |
            | macro avg | 80.00 | 90.00 | 84.00 | 1,000 |  |  |  |  |"#]]
        .assert_eq(&report_table(&rows, published.classification_report("model-7")).markdown());
    }
}
