//! Accuracies: Table 1, ours beside the published one.

use pipelines::spec::Model;

use crate::document::Document;
use crate::evaluated::{Summary, Tables};
use crate::figures::accuracies::{self, Row};
use crate::inputs::Inputs;
use crate::number::{self, percent, points};
use crate::table::{Table, bold};

/// Metrics of which more, or less, is better; a high train accuracy or a low delta is no merit.
const RANKED: [&str; 3] = [
    "highest_validation_accuracy",
    "accuracy",
    "misclassification_rate",
];

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Results");
    document.heading(3, "Accuracies (Table 1)");
    let models: Vec<&Model> = inputs.spec_models().collect();
    document.table(&accuracy_table(&models, &inputs.tables));
    let confidence = number::percent_to(inputs.spec.evaluation.confidence, 0);
    document.paragraph(&format!(
        "Per cent; differences in percentage points. Highest train and validation are the maxima over \
         epochs, as in the paper: train is Keras's running figure, measured in training mode before \
         each update. Test is after the last epoch. Delta is highest train − test. The {confidence} % \
         interval holds the sampling error of the test images (Wilson) and, with several seeds, the \
         spread over seeds too. The best of our validation and test figures is bold. “In interval” says whether the \
         published value, as rounded in print, lies in our interval.",
    ));
    figure(document, inputs, &models);
    let failures = &inputs.tables.failures;
    if !failures.is_empty() {
        document.heading(3, "Failed runs");
        let mut table = Table::new(["model", "seed", "what went wrong"]).text_columns([2]);
        for failure in failures {
            table.row([
                failure.model.clone(),
                failure.seed.to_string(),
                failure.reason.clone(),
            ]);
        }
        document.table(&table);
        document.paragraph("Failed runs are in no other table and in no mean.");
    }
    runs(document, &inputs.tables);
}

/// Ours with the published figure in small print below.
fn accuracy_table(models: &[&Model], tables: &Tables) -> Table {
    let mut table = Table::new([
        "model",
        "runs",
        "highest train",
        "paper",
        "highest validation",
        "paper",
        "test",
        "interval",
        "paper",
        "difference",
        "in interval",
        "misclassified",
        "delta",
        "paper",
    ]);
    for model in models {
        let name = model.name.as_str();
        let Some(test) = tables.metric(name, Some("test"), "accuracy") else {
            table.row([name.to_owned(), "0".to_owned(), bold("failed")]);
            continue;
        };
        let ours = |split, metric| {
            let row = tables.metric(name, split, metric);
            row.map_or(String::new(), |row| {
                let text = with_std(row);
                if RANKED.contains(&metric) && is_best(tables, row) {
                    bold(&text)
                } else {
                    text
                }
            })
        };
        let published = |metric: &str| {
            let mut rows = tables.published.iter();
            rows.find(|row| row.model == name && row.metric == metric)
        };
        let paper =
            |metric: &str| published(metric).map_or(String::new(), |row| percent(row.published));
        let test_row = published("accuracy");
        let published_delta = published("highest_train_accuracy")
            .zip(test_row)
            .map(|(train, test)| train.published - test.published);
        table.row([
            name.to_owned(),
            test.runs.to_string(),
            ours(Some("train"), "highest_train_accuracy"),
            paper("highest_train_accuracy"),
            ours(Some("validation"), "highest_validation_accuracy"),
            paper("highest_validation_accuracy"),
            ours(Some("test"), "accuracy"),
            interval(test),
            paper("accuracy"),
            test_row.map_or(String::new(), |row| points(row.difference)),
            test_row
                .and_then(|row| row.inside)
                .map_or("", |inside| if inside { "yes" } else { "no" })
                .to_owned(),
            ours(Some("test"), "misclassification_rate"),
            ours(None, "delta"),
            published_delta.map_or(String::new(), points),
        ]);
    }
    table
}

/// `91.73 ± 0.21` where there are several runs.
fn with_std(row: &Summary) -> String {
    let mean = if row.metric == "delta" {
        points(row.mean)
    } else {
        percent(row.mean)
    };
    match row.std {
        Some(std) => format!("{mean} ± {}", percent(std)),
        None => mean,
    }
}

fn is_best(tables: &Tables, row: &Summary) -> bool {
    let mut same = tables
        .summary
        .iter()
        .filter(|other| other.metric == row.metric && other.split == row.split);
    same.all(|other| {
        if row.higher_is_better {
            other.mean <= row.mean
        } else {
            other.mean >= row.mean
        }
    })
}

fn interval(row: &Summary) -> String {
    match (row.low, row.high) {
        (Some(low), Some(high)) => number::percent_interval(low, high),
        _ => String::new(),
    }
}

fn figure(document: &mut Document, inputs: &Inputs, models: &[&Model]) {
    let rows: Vec<Row> = models
        .iter()
        .map(|model| {
            let test = inputs.tables.metric(&model.name, Some("test"), "accuracy");
            Row {
                name: model.name.clone(),
                title: shorten(&model.title, 44),
                ours: test.and_then(|test| Some((test.mean, test.low?, test.high?))),
                runs: runs_of(&inputs.tables, &model.name),
                published: inputs
                    .published
                    .accuracy(&model.name)
                    .map(|row| row.test_percent / 100.0),
            }
        })
        .collect();
    let spoken: Vec<_> = rows
        .iter()
        .map(|row| match (row.ours, row.published) {
            (Some((mean, ..)), Some(paper)) => {
                format!("{} {} against {}", row.name, percent(mean), percent(paper))
            }
            (Some((mean, ..)), None) => format!("{} {}", row.name, percent(mean)),
            (None, _) => format!("{} failed", row.name),
        })
        .collect();
    let alt = format!(
        "Test accuracy, ours against the paper's: {}",
        spoken.join("; ")
    );
    let svg = accuracies::draw(&rows, inputs.spec.evaluation.confidence);
    document.chart("accuracies", &alt, &svg);
}

/// Test accuracies of the runs of `model`.
pub fn runs_of(tables: &Tables, model: &str) -> Vec<f64> {
    let rows = tables.table_1.iter().filter(|row| row.model == model);
    rows.map(|row| row.test_accuracy).collect()
}

/// At most `length` characters, cut at a word.
pub fn shorten(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let cut: String = text.chars().take(length).collect();
    let cut = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(start, _)| start);
    format!("{}…", cut.trim_end_matches([',', ' ']))
}

fn runs(document: &mut Document, tables: &Tables) {
    document.details("Every run", |document| {
        let mut table = Table::new([
            "model",
            "seed",
            "epochs",
            "highest train",
            "highest validation",
            "in epoch",
            "last validation",
            "test",
            "delta",
        ]);
        for row in &tables.table_1 {
            table.row([
                row.model.clone(),
                row.seed.to_string(),
                row.epochs.to_string(),
                percent(row.highest_train_accuracy),
                percent(row.highest_validation_accuracy),
                row.best_epoch.to_string(),
                percent(row.validation_accuracy),
                percent(row.test_accuracy),
                points(row.delta),
            ]);
        }
        document.table(&table);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_titles_are_cut_at_a_word() {
        assert_eq!(shorten("baseline", 20), "baseline");
        assert_eq!(
            shorten("twice the filters, wider layers", 20),
            "twice the filters…"
        );
    }
}
