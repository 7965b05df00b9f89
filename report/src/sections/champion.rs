//! Which model is best, chosen without the test images.

use pipelines::tables::metrics::OVER_SEEDS;

use crate::document::Document;
use crate::evaluated::{RankedModel, Tables};
use crate::inputs::Inputs;
use crate::markdown::{Markdown, cells, markdown};
use crate::number::{cell, p_value, percent, percent_interval, points, points_interval};
use crate::table::Table;
use crate::words::join_and;

/// More models than these that the champion cannot be told from are counted, not named.
const MOST_NAMED: usize = 9;

/// Writes the section.
pub fn write(document: &mut Document, inputs: &Inputs) {
    document.heading(2, "Champion");
    document.paragraph(sentence(&inputs.tables));
    document.table(&table(&inputs.tables.ranking));
    document.paragraph(
        "Models are ranked by validation accuracy after the last epoch, mean over runs. The test \
         columns are for comparison and choose nothing. The intervals for the difference to the champion \
         are simultaneous, and p is corrected for the comparisons with the champion (Holm). The best of \
         all is among those that may be best, the least accurate among those that may be worst (Hsu). \
         Possible ranks and letters are of all pairs: two models that share a letter cannot be told \
         apart. The champion is chosen with the seeds that give its test figure, which is a little too \
         high for that.",
    );
}

/// Who won, and by how much that can be told from the others.
pub fn sentence(tables: &Tables) -> Markdown {
    let Some(champion) = tables.champion() else {
        return match &tables.ranking[..] {
            [] => "No model has a finished run, so there is no champion.".into(),
            [only] => alone(tables, only),
            _ => "No images were held out for validation, and the test images choose nothing, so \
                  there is no champion."
                .into(),
        };
    };
    let others: Vec<&RankedModel> = tables.ranking.iter().filter(|row| !row.champion).collect();
    let close: Vec<&str> = others
        .iter()
        .filter(|row| row.distinguishable == Some(false))
        .map(|row| row.model.as_str())
        .collect();
    let mut text = markdown!(
        "**{}** is best on validation ({} %) and reaches {} % on the test images, where it ranks {} of {}.",
        champion.model,
        cell(champion.validation_accuracy, percent),
        percent(champion.test_accuracy),
        champion.test_rank,
        tables.ranking.len(),
    );
    if others.is_empty() {
        return text;
    }
    text.push(markdown!(" "));
    text.push(match close.len() {
        0 => "Its test accuracy differs significantly from that of every other model".to_owned(),
        1..=MOST_NAMED => format!(
            "On the test images it cannot be told from {} at this size",
            join_and(&close)
        ),
        many => format!(
            "On the test images it cannot be told from {many} of the other {} models at this size",
            others.len()
        ),
    });
    let over_seeds = others
        .iter()
        .all(|row| row.scope.as_deref() == Some(OVER_SEEDS));
    text.push(if over_seeds {
        "; seeds and images are both in that comparison."
    } else {
        "; where there is one run each, that holds for these networks, and other seeds may turn out \
         otherwise."
    });
    text
}

/// What the only model reaches, which nothing chose.
fn alone(tables: &Tables, model: &RankedModel) -> Markdown {
    let mut text = markdown!(
        "**{}** reaches {} % on the test images",
        model.model,
        percent(model.test_accuracy)
    );
    let test = tables.metric(&model.model, Some("test"), "accuracy");
    if let Some((low, high)) = test.and_then(|row| row.low.zip(row.high)) {
        text.push(markdown!(" ({})", percent_interval(low, high)));
    }
    text.push(match model.runs {
        1 => ", in one run.".to_owned(),
        runs => format!(", the mean of {runs} runs."),
    });
    text
}

fn table(ranking: &[RankedModel]) -> Table {
    let mut table = Table::new([
        "rank",
        "model",
        "runs",
        "validation",
        "test",
        "test rank",
        "test − champion",
        "simultaneous interval",
        "p",
        "differs from the champion",
        "may be best",
        "may be worst",
        "possible ranks",
        "letters",
    ])
    .text_columns([1, 13]);
    for row in ranking {
        let name = if row.champion {
            Markdown::bold(&row.model)
        } else {
            Markdown::from(&row.model)
        };
        table.row(cells![
            row.validation_rank
                .map_or(String::new(), |rank| rank.to_string()),
            name,
            row.runs,
            cell(row.validation_accuracy, percent),
            percent(row.test_accuracy),
            row.test_rank,
            row.difference_to_champion.map_or(String::new(), points),
            row.simultaneous_low
                .zip(row.simultaneous_high)
                .map_or(String::new(), |(low, high)| points_interval(low, high)),
            row.p_value_corrected.map_or(String::new(), p_value),
            row.distinguishable
                .map_or("", |yes| if yes { "yes" } else { "no evidence" }),
            yes_or_no(row.may_be_best),
            yes_or_no(row.may_be_worst),
            match row.rank_low == row.rank_high {
                true => row.rank_low.to_string(),
                false => format!("{} to {}", row.rank_low, row.rank_high),
            },
            row.letters,
        ]);
    }
    table
}

fn yes_or_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn row(model: &str, rank: u64, distinguishable: Option<bool>) -> RankedModel {
        RankedModel {
            model: model.to_owned(),
            runs: 1,
            validation_rank: Some(rank),
            validation_accuracy: Some(0.91),
            test_rank: rank,
            test_accuracy: 0.905,
            champion: rank == 1,
            difference_to_champion: distinguishable.map(|_| -0.01),
            p_value_corrected: distinguishable.map(|_| 0.2),
            distinguishable,
            scope: distinguishable.map(|_| "one run each".to_owned()),
            ..RankedModel::default()
        }
    }

    #[test]
    fn a_champion_that_cannot_be_told_apart_is_not_praised() {
        let tables = Tables {
            ranking: vec![
                row("model-7", 1, None),
                row("model-2", 2, Some(false)),
                row("model-8", 3, Some(true)),
            ],
            ..Tables::default()
        };
        expect![[r#"**model-7** is best on validation (91.00 %) and reaches 90.50 % on the test images, where it ranks 1 of 3. On the test images it cannot be told from model-2 at this size; where there is one run each, that holds for these networks, and other seeds may turn out otherwise."#]]
        .assert_eq(sentence(&tables).as_str());
    }

    #[test]
    fn many_models_that_cannot_be_told_apart_are_counted() {
        let others = (2..=11).map(|rank| row(&format!("model-{rank}"), rank, Some(false)));
        let mut ranking: Vec<RankedModel> = others.collect();
        ranking.insert(0, row("model-1", 1, None));
        ranking.push(row("model-12", 12, Some(true)));
        let text = sentence(&Tables {
            ranking,
            ..Tables::default()
        });
        let expected = "it cannot be told from 10 of the other 11 models at this size";
        assert!(text.as_str().contains(expected), "{text}");
    }

    #[test]
    fn a_single_model_that_nothing_chose_is_told_of_without_a_champion() {
        let only = RankedModel {
            validation_rank: None,
            validation_accuracy: None,
            champion: false,
            runs: 3,
            ..row("best", 1, None)
        };
        let tables = Tables {
            ranking: vec![only],
            ..Tables::default()
        };
        assert_eq!(
            sentence(&tables).as_str(),
            "**best** reaches 90.50 % on the test images, the mean of 3 runs."
        );
        assert_eq!(tables.singled_out().unwrap().model, "best");
    }

    #[test]
    fn no_run_means_no_champion() {
        assert!(
            sentence(&Tables::default())
                .as_str()
                .contains("no champion")
        );
    }
}
