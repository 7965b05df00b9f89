//! The paper's Table 1 in two tables: what is measured after the last epoch, and what is the
//! highest of all epochs.

use pipelines::spec::Model;

use crate::evaluated::{PublishedRow, Summary, Tables};
use crate::number::{percent, percent_interval, points};
use crate::table::{Table, bold};

/// Test accuracies with intervals, beside the published ones.
pub fn test(models: &[&Model], tables: &Tables) -> Table {
    let mut table = Table::new([
        "model",
        "runs",
        "test",
        "interval",
        "paper",
        "difference",
        "in interval",
        "misclassified",
        "paper",
    ]);
    for model in models {
        let name = model.name.as_str();
        let Some(test) = tables.metric(name, Some("test"), "accuracy") else {
            table.row([name.to_owned(), "0".to_owned(), bold("failed")]);
            continue;
        };
        let paper = published(tables, name, "accuracy");
        table.row([
            name.to_owned(),
            test.runs.to_string(),
            ranked(tables, test),
            test.low
                .zip(test.high)
                .map_or(String::new(), |(low, high)| percent_interval(low, high)),
            paper.map_or(String::new(), |row| percent(row.published)),
            paper.map_or(String::new(), |row| points(row.difference)),
            yes_or_no(paper.and_then(|row| row.inside)),
            tables
                .metric(name, Some("test"), "misclassification_rate")
                .map_or(String::new(), |row| ranked(tables, row)),
            paper.map_or(String::new(), |row| percent(1.0 - row.published)),
        ]);
    }
    table
}

/// The highest accuracies of all epochs and delta, beside the published ones.
pub fn epochs(models: &[&Model], tables: &Tables) -> Table {
    let mut table = Table::new([
        "model",
        "highest train",
        "paper",
        "highest validation",
        "paper",
        "delta",
        "paper",
    ]);
    for model in models {
        let name = model.name.as_str();
        let train = tables.metric(name, Some("train"), "highest_train_accuracy");
        let validation = tables.metric(name, Some("validation"), "highest_validation_accuracy");
        let (Some(train), Some(validation)) = (train, validation) else {
            table.row([name.to_owned(), bold("failed")]);
            continue;
        };
        let paper = |metric| published(tables, name, metric).map(|row| row.published);
        let print = |value: Option<f64>| value.map_or(String::new(), percent);
        let delta = paper("highest_train_accuracy")
            .zip(paper("accuracy"))
            .map(|(train, test)| train - test);
        table.row([
            name.to_owned(),
            with_std(train, percent),
            print(paper("highest_train_accuracy")),
            ranked(tables, validation),
            print(paper("highest_validation_accuracy")),
            tables
                .metric(name, None, "delta")
                .map_or(String::new(), |row| with_std(row, points)),
            delta.map_or(String::new(), points),
        ]);
    }
    table
}

/// A truth value in a word, nothing when there is none.
pub fn yes_or_no(truth: Option<bool>) -> String {
    truth
        .map_or("", |yes| if yes { "yes" } else { "no" })
        .to_owned()
}

fn published<'a>(tables: &'a Tables, model: &str, metric: &str) -> Option<&'a PublishedRow> {
    let mut rows = tables.published.iter();
    rows.find(|row| row.model == model && row.metric == metric)
}

/// `91.73 ± 0.21` where there are several runs, bold when it is the best of all models.
fn ranked(tables: &Tables, row: &Summary) -> String {
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
    if best { bold(&text) } else { text }
}

fn with_std(row: &Summary, print: fn(f64) -> String) -> String {
    let mean = print(row.mean);
    match row.std {
        Some(std) => format!("{mean} ± {}", percent(std)),
        None => mean,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use pipelines::spec::Spec;

    use super::*;

    fn summary(model: &str, mean: f64, std: Option<f64>) -> Summary {
        Summary {
            model: model.to_owned(),
            split: Some("test".to_owned()),
            metric: "accuracy".to_owned(),
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
        let spec = Spec::load("paper").unwrap();
        let models = ["model-1", "model-7", "model-8"].map(|name| spec.model(name).unwrap());
        let tables = Tables {
            summary: vec![
                summary("model-1", 0.9049, None),
                summary("model-7", 0.9121, Some(0.0021)),
            ],
            published: vec![PublishedRow {
                model: "model-7".to_owned(),
                source: "Table 1".to_owned(),
                metric: "accuracy".to_owned(),
                split: "test".to_owned(),
                published: 0.9173,
                runs: 3,
                ours: 0.9121,
                difference: -0.0052,
                low: Some(0.9021),
                high: Some(0.9221),
                inside: Some(true),
                prediction_low: None,
                prediction_high: None,
                inside_prediction: None,
            }],
            ..Tables::default()
        };
        expect![[r#"
            | model | runs | test | interval | paper | difference | in interval | misclassified | paper |
            | --- | --: | --: | --: | --: | --: | --: | --: | --: |
            | model-1 | 1 | 90.49 | 89.49 to 91.49 |  |  |  |  |  |
            | model-7 | 3 | **91.21 ± 0.21** | 90.21 to 92.21 | 91.73 | −0.52 | yes |  | 8.27 |
            | model-8 | 0 | **failed** |  |  |  |  |  |  |"#]].assert_eq(&test(&models, &tables).markdown());
    }
}
