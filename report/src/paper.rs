//! What a publication that the spec names adds to the report: columns beside ours, marks in figures,
//! its conclusions held against our tests, and an audit of its numbers. Without one the report has
//! none of this.

mod audit;
mod conclusions;
mod departures;
mod follow_ups;
mod steps;

use pipelines::spec::published::Quote;
use pipelines::spec::{Published, Spec};

use crate::document::Document;
use crate::evaluated::{PublishedComparison, Tables};
use crate::inputs::{FollowUpChanges, Inputs};
use crate::markdown::{Markdown, markdown};
use crate::number::{self, decimal, percent, points};
use crate::table::Table;
use crate::words::{count, join_and};

/// A publication beside the tables of this run.
#[derive(Clone, Copy, Debug)]
pub struct Paper<'a> {
    published: &'a Published,
    spec: &'a Spec,
    tables: &'a Tables,
    follow_ups: &'a [FollowUpChanges],
}

impl<'a> Paper<'a> {
    /// The publication that `spec` names, if it names one; `follow_ups` are the studies that go on from it.
    pub fn of(
        spec: &'a Spec,
        tables: &'a Tables,
        follow_ups: &'a [FollowUpChanges],
    ) -> Option<Self> {
        Some(Self {
            published: spec.published.as_ref()?,
            spec,
            tables,
            follow_ups,
        })
    }

    /// The heading `text` with the table or figure that has what `section` shows.
    pub fn heading(&self, text: &str, section: &str) -> String {
        match self.published.sections.get(section) {
            Some(place) => format!("{text} ({})", place),
            None => text.to_owned(),
        }
    }

    /// Which study is repeated.
    pub fn introduction(&self) -> String {
        format!(
            "This report repeats a published study ({}) and tests the significance of every difference.",
            &self.published.citation
        )
    }

    /// What the study is.
    pub fn citation(&self) -> String {
        format!("The paper: {}.", &self.published.citation)
    }

    /// What makes this run another study than the published one.
    pub fn departures(&self, inputs: &Inputs) -> Vec<Markdown> {
        departures::departures(self, inputs)
    }

    /// How many published test accuracies agree with ours: whether each could be one more run of ours,
    /// corrected for their number. `None` where no model has two runs.
    pub fn finding(&self) -> Option<String> {
        let checked: Vec<(&PublishedComparison, bool)> = self
            .tables
            .published
            .iter()
            .filter_map(|row| Some((row, row.fits?)))
            .collect();
        if checked.is_empty() {
            return None;
        }
        let others: Vec<String> = checked
            .iter()
            .filter(|(_, fits)| !fits)
            .map(|(row, _)| {
                let range = row.prediction_low.zip(row.prediction_high);
                let range = range.map_or(String::new(), |(low, high)| {
                    format!(
                        ", one more run of ours: {}",
                        number::percent_interval(low, high)
                    )
                });
                format!(
                    "{} (the paper's {}{range})",
                    row.model,
                    percent(row.published)
                )
            })
            .collect();
        let mut text = format!(
            "{} of {} published test accuracies agree with ours: each could be one more run of the model \
             on the same test images, corrected for {} (Holm).",
            checked.len() - others.len(),
            checked.len(),
            count(checked.len(), "check"),
        );
        if !others.is_empty() {
            text.push_str(&format!(" This does not hold for {}.", join_and(&others)));
        }
        Some(text)
    }

    /// Published test accuracy of `model`, a fraction.
    pub fn test_accuracy(&self, model: &str) -> Option<f64> {
        let row = self.published.accuracy(model)?;
        Some(row.test_percent / 100.0)
    }

    /// Published F1 of the class `label` of `model`, a fraction.
    pub fn f1(&self, model: &str, label: usize) -> Option<f64> {
        let report = self.published.classification_report(model)?;
        report.f1.get(label).copied()
    }

    /// Adds the published figures to the table of test accuracies, whose first column names the
    /// model, the third and fourth are accuracy and interval, and the last is the rate of errors.
    pub fn add_to_test_accuracies(&self, table: &mut Table, models: &[&str]) {
        let column = |print: &dyn Fn(&PublishedComparison) -> String| -> Vec<String> {
            let cell = |model: &&str| self.row(model, "accuracy").map_or(String::new(), print);
            models.iter().map(cell).collect()
        };
        table.push_column("paper", column(&|row| percent(1.0 - row.published)));
        table.insert_column(4, "agrees", column(&|row| yes_or_no(row.fits)));
        table.insert_column(4, "difference", column(&|row| points(row.difference)));
        table.insert_column(4, "paper", column(&|row| percent(row.published)));
    }

    /// What the columns of [`Paper::add_to_test_accuracies`] mean.
    pub fn accuracies_note(&self) -> &'static str {
        " “Agrees” says whether the published value, as rounded in print, could be one more run of ours: the \
         prediction interval, corrected for the number of published accuracies (Holm). It needs two runs."
    }

    /// What follows “Test accuracy” where published ones stand beside ours.
    pub fn beside(&self) -> &'static str {
        ", ours against the paper's"
    }

    /// What published values are called in figures: in a legend, and over a column.
    pub fn mark_names(&self) -> [&'static str; 2] {
        ["published", "paper"]
    }

    /// Adds the published figures to the table of highest accuracies: model, highest train, highest
    /// validation, delta.
    pub fn add_to_highest_accuracies(&self, table: &mut Table, models: &[&str]) {
        let published = |model: &str, metric| Some(self.row(model, metric)?.published);
        let train = |model: &str| published(model, "highest_train_accuracy");
        let column = |value: &dyn Fn(&str) -> Option<f64>, print: fn(f64) -> String| {
            let cell = |model: &&str| value(model).map_or(String::new(), print);
            models.iter().map(cell).collect::<Vec<_>>()
        };
        let delta = |model: &str| Some(train(model)? - published(model, "accuracy")?);
        table.push_column("paper", column(&delta, points));
        let validation = |model: &str| published(model, "highest_validation_accuracy");
        table.insert_column(3, "paper", column(&validation, percent));
        table.insert_column(2, "paper", column(&train, percent));
    }

    /// Adds the published delta to a table with a row for each of `models`.
    pub fn add_delta(&self, table: &mut Table, models: &[String]) {
        let cells = models.iter().map(|model| {
            let row = self.published.accuracy(model);
            row.map_or(String::new(), |row| number::signed(row.delta_points, 2))
        });
        table.push_column("paper's delta", cells.collect());
    }

    /// Where the publication has a classification report of `model`.
    pub fn classification_source(&self, model: &str) -> Option<String> {
        let report = self.published.classification_report(model)?;
        Some(format!(", beside the paper's {}", report.source))
    }

    /// Adds the published report of `model` to its table, which has a row for each class in `rows`:
    /// the label, missing for averages, and our F1.
    pub fn add_to_classification(
        &self,
        table: &mut Table,
        model: &str,
        rows: &[(Option<u64>, f64)],
    ) {
        let Some(report) = self.published.classification_report(model) else {
            return;
        };
        let column = |values: &[f64]| {
            let cell = |(label, _): &(Option<u64>, f64)| {
                let value = label.and_then(|label| values.get(label as usize));
                value.map_or(String::new(), |value| decimal(value * 100.0, 0))
            };
            rows.iter().map(cell).collect::<Vec<_>>()
        };
        table.push_column("paper: precision", column(&report.precision));
        table.push_column("recall", column(&report.recall));
        table.push_column("F1", column(&report.f1));
        let differences = rows.iter().map(|(label, f1)| {
            let published = label.and_then(|label| report.f1.get(label as usize));
            published.map_or(String::new(), |published| {
                number::signed((f1 - published) * 100.0, 1)
            })
        });
        table.push_column("F1: ours − paper", differences.collect());
    }

    /// All published figures beside ours, folded away.
    pub fn write_figures(&self, document: &mut Document) {
        document.details("Ours beside the paper's, figure by figure", |document| {
            document.table(&figures(&self.tables.published));
            document.paragraph(
                "The interval is where the mean of such runs on such images lies. “One more run” is \
                 where one more seed on the same test images is expected; the paper's single run is such \
                 a seed. It needs two of our runs. “p corrected” is of that range, Holm's over the \
                 published test accuracies; a value agrees from 5 % up.",
            );
        });
    }

    /// What the publication concludes, beside our tests.
    pub fn write_conclusions(&self, document: &mut Document) {
        conclusions::write(document, self);
    }

    /// The studies that go on from it, with links to their reports.
    pub fn write_follow_ups(&self, document: &mut Document) {
        follow_ups::write(document, self);
    }

    /// The publication against its own numbers.
    pub fn write_audit(&self, document: &mut Document) {
        audit::write(document, self);
    }

    fn row(&self, model: &str, metric: &str) -> Option<&PublishedComparison> {
        let mut rows = self.tables.published.iter();
        rows.find(|row| row.model == model && row.metric == metric)
    }
}

fn figures(rows: &[PublishedComparison]) -> Table {
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
        "p corrected",
        "agrees",
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
            yes_or_no(row.inside),
            range(row.prediction_low, row.prediction_high),
            row.prediction_p_value_corrected
                .map_or(String::new(), number::p_value),
            yes_or_no(row.fits),
        ]);
    }
    table
}

/// Each of `quotes` in quotation marks, with its place.
fn quoted(quotes: &[Quote]) -> Markdown {
    let quote = |quote: &Quote| markdown!("“{}” ({})", quote.text, quote.source);
    Markdown::join(quotes.iter().map(quote), "<br>")
}

/// In a word; nothing where it is not known.
fn yes_or_no(value: Option<bool>) -> String {
    value
        .map_or("", |yes| if yes { "yes" } else { "no" })
        .to_owned()
}

#[cfg(test)]
mod tests;
