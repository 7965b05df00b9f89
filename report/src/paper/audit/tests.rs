use std::fmt::Write;

use expect_test::expect;

use super::*;
use pipelines::tables::metrics::{ONE_RUN_EACH, OVER_SEEDS, PublishedDifference};

fn text(tables: &Tables) -> String {
    let spec = Spec::load("paper").unwrap();
    let published = spec.published.as_ref().unwrap();
    let mut text = String::new();
    for finding in findings(published, &spec, tables) {
        for quote in &finding.quotes {
            let _ = writeln!(text, "{}: {}", quote.source, quote.text);
        }
        let _ = writeln!(
            text,
            "  {}\n  => {}",
            finding.recomputation, finding.verdict
        );
    }
    text
}

#[test]
fn the_audit_of_the_study_is_computed_from_the_published_numbers() {
    expect![[""]].assert_eq(&text(&Tables::default()));
}

#[test]
fn a_difference_counts_when_it_is_beyond_the_noise_of_single_runs() {
    let row = |model: &str, against: &str, difference, p| PublishedDifference {
        model: model.to_owned(),
        against: against.to_owned(),
        published_difference: difference,
        scope: OVER_SEEDS.to_owned(),
        noise_std_error: 0.005,
        z: difference / 0.005,
        p_value: p,
        p_value_corrected: p,
        beyond_noise: p < 0.05,
    };
    let mut tables = Tables {
        published_differences: vec![
            row("model-2", "model-1", 0.0041, 0.9),
            row("model-3", "model-1", 0.0021, 0.9),
            row("model-7", "model-1", 0.0124, 0.06),
            row("model-3", "model-2", -0.0020, 0.9),
            row("model-4", "model-2", -0.0126, 0.01),
        ],
        ..Tables::default()
    };
    let of = |tables: &Tables| -> String {
        let text = text(tables);
        let lines = text.lines().filter(|line| line.contains("the noise"));
        lines.collect::<Vec<_>>().join("\n")
    };
    expect![[""]].assert_eq(&of(&tables));
    for row in &mut tables.published_differences {
        row.scope = ONE_RUN_EACH.to_owned();
    }
    assert!(of(&tables).contains("without the spread over seeds"));
}
