//! Every two models against each other.

use crate::document::Document;
use crate::evaluated::ModelComparison;
use crate::figures::forest::{self, Legend, Row};
use crate::inputs::Inputs;
use crate::markdown::{Markdown, cells};
use crate::number::{self, p_equals, p_value, percent, points, points_interval};
use crate::palette::{GREEN, MUTED, RED};
use crate::sections::changes::{MIXED, mark_mixed};
use crate::svg::Svg;
use crate::table::Table;

/// Most pairs that are drawn, those of ten models; nobody reads a longer figure.
const MAX_DRAWN_PAIRS: usize = 45;

/// Writes how every two models compare.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Every two models");
    let all = inputs.tables.comparisons.iter();
    let test: Vec<&ModelComparison> = all.filter(|row| row.split == "test").collect();
    if test.is_empty() {
        document.paragraph("There are not two models with runs to compare.");
        return;
    }
    let significant = test.iter().filter(|row| row.significant).count();
    document.paragraph(format!(
        "{significant} of {} pairs differ significantly on the test images after Holm's correction over \
         all of them. Nobody planned these comparisons: they are an exploration, and a planned one has \
         its own, smaller correction above.",
        test.len()
    ));
    let alt = "Difference in test accuracy of every two models with intervals; the table below has \
               the numbers";
    document.details("Every two models on the test images", |document| {
        if test.len() <= MAX_DRAWN_PAIRS {
            document.chart("comparisons", alt, &comparison_chart(&test));
        }
        document.table(&comparison_table(&test));
    });
}

fn comparison_chart(pairs: &[&ModelComparison]) -> Svg {
    let rows: Vec<Row> = pairs
        .iter()
        .map(|row| Row {
            name: format!("{} − {}", row.model_b, row.model_a),
            remark: String::new(),
            estimate: (row.difference, row.low, row.high),
            second: None,
            color: match row.significant {
                true if row.difference > 0.0 => GREEN,
                true => RED,
                false => MUTED,
            },
            verdict: format!("p {}", p_equals(row.p_value_corrected)),
        })
        .collect();
    let legend = Legend {
        estimate: "test images; grey: no evidence",
        second: None,
        negative: "first is worse",
        positive: "first is better",
    };
    let title = "Differences in test accuracy between all models";
    forest::draw(title, &rows, legend)
}

fn comparison_table(rows: &[&ModelComparison]) -> Table {
    let mut table = Table::new([
        "a",
        "b",
        "accuracy a",
        "accuracy b",
        "b − a",
        "interval",
        "only a right",
        "only b right",
        "test",
        "p",
        "p corrected",
        "significant",
    ])
    .text_columns([1, 8, 11]);
    let mixed = rows.iter().any(|row| row.mixed_instruction_sets);
    for row in rows {
        table.row(cells![
            row.model_a,
            row.model_b,
            percent(row.accuracy_a),
            percent(row.accuracy_b),
            points(row.difference),
            points_interval(row.low, row.high),
            images(row.only_a_correct),
            images(row.only_b_correct),
            row.test,
            p_value(row.p_value),
            p_value(row.p_value_corrected),
            if row.significant {
                Markdown::bold("yes")
            } else {
                "no".into()
            },
        ]);
    }
    if mixed {
        let cells = rows.iter().map(|row| row.mixed_instruction_sets);
        table.push_column(MIXED, cells.map(mark_mixed).collect());
    }
    table
}

/// A mean count of images, without decimals where it is whole.
fn images(mean: f64) -> String {
    number::decimal(mean, usize::from(mean.fract() != 0.0))
}
