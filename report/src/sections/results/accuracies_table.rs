//! Accuracies in two tables: what is measured after the last epoch, and the highest of all epochs.

use crate::evaluated::{MetricSummary, Tables};
use crate::markdown::{Markdown, cells};
use crate::number::{percent, percent_interval, points};
use crate::table::Table;

/// Test accuracies with intervals.
pub fn test(models: &[&str], tables: &Tables) -> Table {
    let mut table = Table::new(["model", "runs", "test", "interval", "misclassified"]);
    for &name in models {
        let Some(test) = tables.metric(name, Some("test"), "accuracy") else {
            table.row(cells![name, 0_usize, Markdown::bold("failed")]);
            continue;
        };
        table.row(cells![
            name,
            test.runs,
            ranked(tables, test),
            test.low
                .zip(test.high)
                .map_or(String::new(), |(low, high)| percent_interval(low, high)),
            tables
                .metric(name, Some("test"), "misclassification_rate")
                .map_or(Markdown::default(), |row| ranked(tables, row)),
        ]);
    }
    table
}

/// The test figures called `metric` in per cent, a cell for each model.
pub fn column(models: &[&str], tables: &Tables, metric: &str) -> Vec<String> {
    let cell = |model: &&str| {
        let row = tables.metric(model, Some("test"), metric);
        row.map_or(String::new(), |row| with_std(row, percent))
    };
    models.iter().map(cell).collect()
}

/// The highest accuracies of all epochs, and delta.
pub fn highest(models: &[&str], tables: &Tables) -> Table {
    let mut table = Table::new(["model", "highest train", "highest validation", "delta"]);
    for &name in models {
        let train = tables.metric(name, Some("train"), "highest_train_accuracy");
        let validation = tables.metric(name, Some("validation"), "highest_validation_accuracy");
        let Some(train) = train else {
            table.row(cells![name, Markdown::bold("failed")]);
            continue;
        };
        table.row(cells![
            name,
            with_std(train, percent),
            validation.map_or("".into(), |validation| ranked(tables, validation)),
            tables
                .metric(name, None, "delta")
                .map_or(String::new(), |row| with_std(row, points)),
        ]);
    }
    table
}

/// `91.73 ± 0.21` where there are several runs, bold when it is the best of all models.
fn ranked(tables: &Tables, row: &MetricSummary) -> Markdown {
    let text = with_std(row, percent);
    let mut others = tables
        .summary
        .iter()
        .filter(|other| other.metric == row.metric && other.split == row.split);
    let best = others.all(|other| {
        if row.higher_is_better {
            other.mean <= row.mean
        } else {
            other.mean >= row.mean
        }
    });
    if best {
        Markdown::bold(text)
    } else {
        text.into()
    }
}

/// `91.73 ± 0.21`, or without the spread of a single run.
pub fn with_std(row: &MetricSummary, print: fn(f64) -> String) -> String {
    let mean = print(row.mean);
    match row.std {
        Some(std) => format!("{mean} ± {}", percent(std)),
        None => mean,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn summary(model: &str, mean: f64, std: Option<f64>) -> MetricSummary {
        MetricSummary {
            model: model.to_owned(),
            split: Some("test".to_owned()),
            metric: "accuracy".to_owned(),
            unit: "fraction".to_owned(),
            higher_is_better: true,
            runs: if std.is_some() { 3 } else { 1 },
            mean,
            std,
            min: mean,
            max: mean,
            sampling_std_error: None,
            seed_std_error: None,
            low: Some(mean - 0.01),
            high: Some(mean + 0.01),
        }
    }

    #[test]
    fn the_best_is_marked_and_failed_models_stay_in_the_table() {
        let tables = Tables {
            summary: vec![
                summary("model-1", 0.9049, None),
                summary("model-7", 0.9121, Some(0.0021)),
            ],
            ..Tables::default()
        };
        expect![[r#"
            | model | runs | test | interval | misclassified |
            | --- | --: | --: | --: | --: |
            | model-1 | 1 | 90.49 | 89.49 to 91.49 |  |
            | model-7 | 3 | **91.21 ± 0.21** | 90.21 to 92.21 |  |
            | model-8 | 0 | **failed** |  |  |"#]]
        .assert_eq(&test(&["model-1", "model-7", "model-8"], &tables).markdown());
    }
}
