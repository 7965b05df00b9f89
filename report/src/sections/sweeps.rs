//! What the candidates of sweeps reached on validation rows, and what was chosen.

use std::collections::BTreeMap;

use pipelines::spec::Sweep;

use crate::document::Document;
use crate::evaluated::CandidateScores;
use crate::figures::parameter_axis::KeyValue;
use crate::figures::sweep_parameters::{End, Mark};
use crate::figures::{parallel_coordinates, sweep_parameters};
use crate::inputs::Inputs;
use crate::markdown::{Markdown, cells, markdown};
use crate::number::{cell, percent};
use crate::table::Table;
use crate::words::{count, join_and, shorten};

/// Longest label of a varied key in a figure.
const MAX_LABEL: usize = 26;
/// Most keys that a figure shows.
const MAX_KEYS: usize = 9;

/// Writes the section; nothing without sweeps.
pub fn write(document: &mut Document, inputs: &Inputs) {
    let sweeps: Vec<&Sweep> = inputs
        .spec
        .sweeps
        .iter()
        .filter(|sweep| candidates(inputs, &sweep.name).next().is_some())
        .collect();
    if sweeps.is_empty() {
        return;
    }
    document.heading(2, "Sweeps");
    document.paragraph(
        "A sweep is tuning. Its candidates know the training and validation rows alone; the best by mean \
         validation accuracy is then trained anew, under the name of the sweep, and predicts the test images \
         once. The validation accuracy of the best of many candidates is too high, because luck helped to \
         choose it; the test accuracy is not.",
    );
    for sweep in sweeps {
        of_sweep(document, inputs, sweep);
    }
}

/// Says which of the shown models were chosen, and from how many candidates; nothing without sweeps.
pub fn finding(inputs: &Inputs) -> Option<Markdown> {
    let mut chosen: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for model in &inputs.models {
        let number = candidates(inputs, model).count();
        if number > 0 {
            chosen.entry(number).or_default().push(model);
        }
    }
    let chosen = chosen.iter().map(|(number, models)| {
        let each = if models.len() > 1 { " each" } else { "" };
        format!(
            "{} from {}{each}",
            join_and(models),
            count(*number, "candidate")
        )
    });
    let chosen: Vec<String> = chosen.collect();
    (!chosen.is_empty()).then(|| {
        markdown!(
            "Chosen by validation accuracy: {}; see [sweeps](#sweeps).",
            chosen.join("; ")
        )
    })
}

/// The candidates of the sweep called `sweep`; none of a model of the spec.
fn candidates<'a>(inputs: &'a Inputs, sweep: &str) -> impl Iterator<Item = &'a CandidateScores> {
    let rows = inputs.tables.candidates.iter();
    rows.filter(move |row| row.sweep == sweep)
}

fn of_sweep(document: &mut Document, inputs: &Inputs, sweep: &Sweep) {
    let rows: Vec<&CandidateScores> = candidates(inputs, &sweep.name).collect();
    document.heading(3, markdown!("{}: {}", sweep.name, sweep.title));
    document.paragraph(summary(sweep, &rows));
    let parameters = parameters(inputs, &rows);
    // The best are drawn last, so that they lie on top.
    let drawn: Vec<usize> = (0..rows.len())
        .rev()
        .filter(|&row| rows[row].validation_accuracy.is_some())
        .collect();
    let marks: Vec<Mark> = drawn
        .iter()
        .map(|&row| Mark {
            accuracy: rows[row].validation_accuracy.unwrap_or_default(),
            end: match (rows[row].chosen, rows[row].stopped) {
                (true, _) => End::Chosen,
                (false, true) => End::Stopped,
                (false, false) => End::Finished,
            },
        })
        .collect();
    if marks.len() > 1 {
        let of_drawn = |(key, values): &(String, Vec<KeyValue>)| {
            let values = drawn.iter().map(|&row| values[row].clone()).collect();
            (shorten(key, MAX_LABEL), values)
        };
        // A key with one value for all tells nothing.
        let varies =
            |(_, values): &&(String, Vec<KeyValue>)| values.iter().any(|of| *of != values[0]);
        let shown: Vec<_> = parameters
            .iter()
            .filter(varies)
            .take(MAX_KEYS)
            .map(of_drawn)
            .collect();
        let best = rows.iter().find(|row| row.chosen);
        let spoken = best.map_or(String::new(), |best| {
            format!("; the best has {}", best.values)
        });
        let name = &sweep.name;
        document.chart(
            &format!("sweep-{name}"),
            &format!("Validation accuracy of the candidates of {name} by each varied key{spoken}"),
            &sweep_parameters::draw(name, &marks, &shown),
        );
        // Lines between one key and the accuracy would repeat the figure above.
        if shown.len() > 1 {
            document.chart(
                &format!("sweep-{name}-parallel"),
                &format!(
                    "Values and validation accuracy of each candidate of {name} as a line{spoken}"
                ),
                &parallel_coordinates::draw(name, &marks, &shown),
            );
        }
        document.paragraph(
            "Large and green: chosen. Blue: trained to the last epoch. Small and grey: stopped early, with \
             its accuracy at that epoch, which is not to be compared with that of more epochs.",
        );
    }
    document.details(&format!("Every candidate of {}", sweep.name), |document| {
        document.table(&table(&rows, &parameters));
    });
}

fn summary(sweep: &Sweep, rows: &[&CandidateScores]) -> Markdown {
    let candidates = count(rows.len(), "candidate");
    let mut sentences = vec![match rows.iter().find(|row| row.chosen) {
        Some(best) => markdown!(
            "Chosen from {} of {} by validation accuracy ({} %, mean over {}): {}.",
            candidates,
            sweep.extends,
            cell(best.validation_accuracy, percent),
            count(sweep.seeds.len(), "seed"),
            best.values
        ),
        None => markdown!("None of {} of {} is chosen yet.", candidates, sweep.extends),
    }];
    if let Some(halving) = sweep.halving {
        let stopped = rows.iter().filter(|row| row.stopped).count();
        sentences.push(markdown!(
            "Successive halving (factor {}, from {} on) stopped {} of them early.",
            halving.factor,
            count(halving.min_epochs as usize, "epoch"),
            stopped
        ));
    }
    let failed = rows.iter().filter(|row| row.failure.is_some()).count();
    if failed > 0 {
        sentences.push(markdown!("{} failed.", count(failed, "candidate")));
    }
    Markdown::join(sentences, " ")
}

/// The values of each varied key, in the order of `rows`.
fn parameters(inputs: &Inputs, rows: &[&CandidateScores]) -> Vec<(String, Vec<KeyValue>)> {
    let mut keys: Vec<&str> = Vec::new();
    let values = inputs.tables.candidate_values.iter();
    let values = values.filter(|value| rows.first().is_some_and(|row| row.sweep == value.sweep));
    let values: Vec<_> = values.collect();
    for value in &values {
        if !keys.contains(&value.parameter.as_str()) {
            keys.push(&value.parameter);
        }
    }
    let of_key = |key: &str| {
        let of_row = |row: &&CandidateScores| {
            let found = values
                .iter()
                .find(|value| value.model == row.model && value.parameter == key);
            found.map_or((String::new(), None), |value| {
                (value.value.clone(), value.number)
            })
        };
        (key.to_owned(), rows.iter().map(of_row).collect())
    };
    keys.into_iter().map(of_key).collect()
}

fn table(rows: &[&CandidateScores], parameters: &[(String, Vec<KeyValue>)]) -> Table {
    let mut table = Table::new([
        "candidate",
        "rank",
        "validation",
        "standard deviation",
        "epochs",
        "end",
    ])
    .text_columns([5]);
    for row in rows {
        let end = match (row.chosen, row.stopped, &row.failure) {
            (true, ..) => Markdown::bold("chosen"),
            (_, _, Some(failure)) => markdown!("failed: {}", failure),
            (_, true, _) => "stopped early".into(),
            (_, false, _) => "".into(),
        };
        table.row(cells![
            row.model,
            row.rank.map_or(String::new(), |rank| rank.to_string()),
            cell(row.validation_accuracy, percent),
            cell(row.validation_std, percent),
            row.epochs,
            end,
        ]);
    }
    for (index, (key, values)) in parameters.iter().enumerate() {
        let cells = values.iter().map(|(text, _)| text.clone()).collect();
        table.insert_column(1 + index, key, cells);
    }
    table
}
