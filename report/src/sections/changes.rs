//! What each change did.

use pipelines::spec::Spec;
use pipelines::tables::metrics;

use crate::document::Document;
use crate::evaluated::{ModelChange, SequentialLook};
use crate::figures::forest::{self, Legend, Row};
use crate::inputs::Inputs;
use crate::markdown::{Markdown, cells};
use crate::number::{self, cell, p_value, percent, points, points_interval};
use crate::palette::{Color, GREEN, MUTED, RED};
use crate::sections::models::kinds_of_changes;
use crate::table::Table;

/// Writes what each change did; nothing for a single model.
pub fn write(document: &mut Document, inputs: &Inputs) {
    if !inputs.compares_models() {
        return;
    }
    document.heading(3, "What each change did");
    if inputs.tables.changes.is_empty() {
        document
            .paragraph("No selected model is a change of another selected model that has a run.");
    } else {
        changes(document, inputs);
    }
}

fn changes(document: &mut Document, inputs: &Inputs) {
    let mut themes: Vec<(Option<&str>, Vec<&ModelChange>)> = Vec::new();
    for change in &inputs.tables.changes {
        let model = inputs.spec.model(&change.model).ok();
        let theme = model.and_then(|model| model.theme.as_deref());
        match themes.iter_mut().find(|(known, _)| *known == theme) {
            Some((_, changes)) => changes.push(change),
            None => themes.push((theme, vec![change])),
        }
    }
    for (index, (theme, changes)) in themes.iter().enumerate() {
        // The first keeps the name that it has where there are no themes.
        let name = match index {
            0 => "changes".to_owned(),
            _ => format!("changes-{}", index + 1),
        };
        chart(document, inputs, &name, *theme, changes);
    }
    document.table(&change_table(&inputs.spec, &inputs.tables.changes));
    let confidence = number::percent_to(inputs.spec.evaluation.confidence, 0);
    document.paragraph(format!(
        "Each model against the one that it was changed from, on the same test images. Where several \
         things changed at once, the effect belongs to all of them together. A verdict needs a \
         significant p after Holm's correction over the {} changes; “no evidence at this size” and \
         “undecided” are no proof of no effect. “In this run” means one seed each: the interval then \
         holds the choice of images alone. Intervals are {confidence} %, each for itself, so one may leave \
         out zero where there is no evidence after the correction.{}",
        inputs.tables.changes.len(),
        margin(inputs.spec.evaluation.equivalence_margin),
    ));
    document.paragraph(
        "“Images needed” says on how many test images as many runs as here, and “seeds needed” from how \
         many seeds of each model this test set, would show an effect of this size with 80 % power as it \
         is judged here: at the level that the correction leaves it, with the spreads found. “No number” \
         means that the other source of chance alone hides it. “Tolerated seed spread” says up to which \
         standard deviation over seeds (points) the effect of single runs would be significant.",
    );
    looks(document, &inputs.tables.looks);
}

/// The effects of the changes of a theme, one below the other.
fn chart(
    document: &mut Document,
    inputs: &Inputs,
    name: &str,
    theme: Option<&str>,
    changes: &[&ModelChange],
) {
    let rows: Vec<Row> = changes
        .iter()
        .map(|change| {
            let title = inputs
                .spec
                .model(&change.model)
                .map_or("", |model| model.title.as_str());
            Row {
                name: format!("{} − {}", change.model, change.extends),
                remark: title.to_owned(),
                estimate: (change.test_difference, change.test_low, change.test_high),
                second: change
                    .validation_difference
                    .zip(change.validation_low)
                    .zip(change.validation_high)
                    .map(|((difference, low), high)| (difference, low, high)),
                color: color(&change.verdict),
                verdict: change.verdict.clone(),
            }
        })
        .collect();
    let spoken: Vec<_> = changes
        .iter()
        .map(|change| {
            format!(
                "{} minus {} {} points, {}",
                change.model,
                change.extends,
                points(change.test_difference),
                change.verdict
            )
        })
        .collect();
    let legend = Legend {
        estimate: "test images",
        second: Some("validation images"),
        negative: "worse",
        positive: "better",
    };
    let of_theme = theme.map_or(String::new(), |theme| format!(": {theme}"));
    let alt = format!(
        "Effect of each change on test accuracy{of_theme}: {}",
        spoken.join("; ")
    );
    let svg = forest::draw(&format!("Effect of each change{of_theme}"), &rows, legend);
    document.chart(name, &alt, &svg);
}

/// What the spec calls no difference.
fn margin(margin: Option<f64>) -> String {
    margin.map_or(String::new(), |margin| {
        format!(
            " “Equivalent” means that two one-sided tests, corrected over the changes too, show the \
             difference to be within ± {} points, which the spec calls none.",
            percent(margin)
        )
    })
}

/// What was found after which seed.
fn looks(document: &mut Document, looks: &[SequentialLook]) {
    if looks.is_empty() {
        return;
    }
    document.paragraph(
        "Seeds were added until every change was decided. Each look spent a part of the level (Lan and \
         DeMets, O'Brien and Fleming's type), so that looking does not raise the false alarms; the \
         verdicts are those of the looks.",
    );
    document.details("Every look", |document| {
        let mut table = Table::new([
            "seeds",
            "spent of the level",
            "model",
            "changed from",
            "difference",
            "p",
            "level of the look",
            "verdict",
        ])
        .text_columns([2, 3, 7]);
        for look in looks {
            table.row(cells![
                look.seeds,
                p_value(look.spent),
                look.model,
                look.extends,
                points(look.difference),
                p_value(look.p_value),
                p_value(look.level),
                look.verdict,
            ]);
        }
        document.table(&table);
    });
}

fn change_table(spec: &Spec, changes: &[ModelChange]) -> Table {
    let mut table = Table::new([
        "model",
        "what it is",
        "changed from",
        "test",
        "interval",
        "p corrected",
        "verdict",
        "validation",
        "runs",
        "what changed",
        "images needed",
        "seeds needed",
        "tolerated seed spread",
    ])
    .text_columns([1, 2, 6, 9]);
    for change in changes {
        table.row(cells![
            change.model,
            spec.model(&change.model)
                .map_or("", |model| model.title.as_str()),
            change.extends,
            points(change.test_difference),
            points_interval(change.test_low, change.test_high),
            p_value(change.test_p_value_corrected),
            verdict(change),
            cell(change.validation_difference, points),
            format!("{} / {}", change.runs, change.extended_runs),
            kinds_of_changes(spec, &change.model).join(", "),
            needed(change.test_images_needed, &change.images_needed_status),
            needed(change.seeds_needed, &change.seeds_needed_status),
            change
                .tolerated_seed_std
                .map_or(String::new(), number::percent),
        ]);
    }
    if changes.iter().any(|change| change.mixed_instruction_sets) {
        let cells = changes.iter().map(|change| change.mixed_instruction_sets);
        table.push_column(MIXED, cells.map(mark_mixed).collect());
    }
    table
}

/// The verdict, in bold where it says something.
pub(super) fn verdict(change: &ModelChange) -> Markdown {
    match says_something(&change.verdict) {
        true => Markdown::bold(change.verdict.as_str()),
        false => Markdown::from(&change.verdict),
    }
}

/// Whether a verdict is more than that nothing was shown.
pub(super) fn says_something(verdict: &str) -> bool {
    ![metrics::NO_EVIDENCE, metrics::UNDECIDED].contains(&verdict)
}

/// A number needed, or why there is none.
pub(super) fn needed(number: Option<u64>, status: &str) -> String {
    match (number, status) {
        (Some(number), _) => number::grouped(number),
        (None, metrics::NO_NUMBER_WOULD_DO) => "no number".to_owned(),
        (None, status) => status.to_owned(),
    }
}

/// Head of the column that marks comparisons of runs made with different instruction sets.
pub(super) const MIXED: &str = "different instruction sets";

/// What stands in it.
pub(super) fn mark_mixed(mixed: bool) -> String {
    if mixed { "yes" } else { "" }.to_owned()
}

/// Colour of a verdict.
fn color(verdict: &str) -> Color {
    match verdict {
        metrics::HELPS | metrics::HELPS_IN_THIS_RUN => GREEN,
        metrics::HURTS | metrics::HURTS_IN_THIS_RUN => RED,
        _ => MUTED,
    }
}
