//! Accuracies: Table 1, ours beside the published one.

mod table_1;

use pipelines::spec::Model;

use crate::document::Document;
use crate::evaluated::{PublishedRow, Tables};
use crate::figures::accuracies::{self, Row};
use crate::inputs::Inputs;
use crate::number::{self, percent, points};
use crate::table::Table;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Results");
    document.heading(3, "Accuracies (Table 1)");
    let models: Vec<&Model> = inputs.spec_models().collect();
    document.table(&table_1::test(&models, &inputs.tables));
    document.table(&table_1::epochs(&models, &inputs.tables));
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
    document.details("Ours against the paper's, figure by figure", |document| {
        document.table(&published(&inputs.tables.published));
        document.paragraph(
            "The interval is where the mean of such runs on such images lies; “one more run” is where one \
             more seed on the same test images is expected, which is what the paper's single run is. \
             The latter needs at least two of our runs.",
        );
    });
    runs(document, &inputs.tables);
}

fn published(rows: &[PublishedRow]) -> Table {
    let mut table = Table::new([
        "model",
        "figure",
        "where",
        "paper",
        "ours",
        "difference",
        "interval",
        "inside",
        "one more run",
        "inside",
    ])
    .text_columns([1, 2]);
    for row in rows {
        let range = |low: Option<f64>, high: Option<f64>| {
            low.zip(high).map_or(String::new(), |(low, high)| {
                number::percent_interval(low, high)
            })
        };
        table.row([
            row.model.clone(),
            match row.metric.as_str() {
                "accuracy" => format!("{} accuracy", row.split),
                metric => metric.replace('_', " "),
            },
            row.source.clone(),
            percent(row.published),
            percent(row.ours),
            points(row.difference),
            range(row.low, row.high),
            table_1::yes_or_no(row.inside),
            range(row.prediction_low, row.prediction_high),
            table_1::yes_or_no(row.inside_prediction),
        ]);
    }
    table
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
    if rows.iter().all(|row| row.ours.is_none()) {
        return;
    }
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
