//! The results in a few lines of plain text, for a terminal of 80 columns.

use pipelines::tables::metrics::{
    EQUIVALENT, EQUIVALENT_IN_THIS_RUN, HELPS_IN_THIS_RUN, HURTS_IN_THIS_RUN, NO_EVIDENCE,
};

use crate::inputs::Inputs;
use crate::number::{percent, percent_interval, percent_to, points};

/// Columns of a terminal that nobody has widened.
const WIDTH: usize = 80;
/// Characters of a model's name that are shown; a longer one is cut.
const MAX_NAME: usize = 20;
/// Space between two columns.
const GAP: &str = "  ";

/// A table of the models: test accuracy with its interval, the published figure if there is one, the
/// difference from its base, and the verdict.
pub fn answer(inputs: &Inputs) -> String {
    let confidence = percent_to(inputs.spec.evaluation.confidence, 0);
    let head = [
        "model",
        "test %",
        &format!("{confidence} % interval"),
        "paper",
        "change",
        "verdict",
    ];
    let paper = inputs.paper();
    let mut rows = vec![head.map(str::to_owned)];
    for name in &inputs.models {
        let Some(test) = inputs.tables.metric(name, Some("test"), "accuracy") else {
            continue;
        };
        let interval = test.low.zip(test.high);
        let published = paper.as_ref().and_then(|paper| paper.test_accuracy(name));
        let change = inputs
            .tables
            .changes
            .iter()
            .find(|change| change.model == *name);
        rows.push([
            cut(name),
            percent(test.mean),
            interval.map_or(String::new(), |(low, high)| percent_interval(low, high)),
            published.map_or(String::new(), percent),
            change.map_or(String::new(), |change| points(change.test_difference)),
            change.map_or(String::new(), |change| {
                format!("{} vs {}", short(&change.verdict), cut(&change.extends))
            }),
        ]);
    }
    table(&rows)
}

fn cut(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}…", &name[..end]),
    }
}

/// A verdict in as few words as the table has room for.
fn short(verdict: &str) -> &str {
    match verdict {
        NO_EVIDENCE => "no evidence",
        EQUIVALENT => "equivalent",
        EQUIVALENT_IN_THIS_RUN => "equivalent here",
        HELPS_IN_THIS_RUN => "helps here",
        HURTS_IN_THIS_RUN => "hurts here",
        other => other,
    }
}

/// Columns without any value are left out; names and verdicts stand on the left of their columns,
/// numbers on the right. The verdicts, which come last, are cut at [`WIDTH`].
fn table(rows: &[[String; 6]]) -> String {
    let width = |column: usize| {
        let has_values = rows[1..].iter().any(|row| !row[column].is_empty());
        let lengths = rows.iter().map(|row| row[column].chars().count());
        if has_values { lengths.max() } else { None }
    };
    let widths: Vec<Option<usize>> = (0..6).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let Some(width) = widths[column] else {
                continue;
            };
            if !line.is_empty() {
                line += GAP;
            }
            line += &match column {
                0 | 5 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            };
        }
        if line.trim_end().chars().count() > WIDTH {
            line = line.chars().take(WIDTH - 1).collect::<String>() + "…";
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn columns_line_up_and_empty_ones_are_left_out() {
        let row = |cells: [&str; 6]| cells.map(str::to_owned);
        let rows = [
            row([
                "model",
                "test %",
                "95 % interval",
                "paper",
                "change",
                "verdict",
            ]),
            row(["small", "90.41", "89.77 to 91.06", "", "", ""]),
            row([
                "dropout",
                "90.74",
                "90.27 to 91.22",
                "",
                "+0.33",
                "no evidence vs small",
            ]),
        ];
        expect![[r#"
            model    test %   95 % interval  change  verdict
            small     90.41  89.77 to 91.06
            dropout   90.74  90.27 to 91.22   +0.33  no evidence vs small
        "#]]
        .assert_eq(&table(&rows));
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let name = cut(&"a".repeat(64));
        let cells = [
            &name,
            "90.41",
            "89.77 to 91.06",
            "90.49",
            "−0.33",
            "no evidence vs aaaaaaaaaaaaaaaa",
        ];
        let rows = vec![cells.map(str::to_owned); 2];
        for line in table(&rows).lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }
}
