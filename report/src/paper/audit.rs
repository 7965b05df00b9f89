//! The paper held against its own numbers.

mod delta;
mod models;
mod reports;
mod significance;
mod statements;
mod table_1;

use std::fmt;

use pipelines::spec::published::{ClaimKind, PublishedClaim, Quote};

use super::quoted;
use crate::document::Document;
use crate::markdown::{Markdown, cells};
use crate::paper::Paper;
use crate::table::Table;
use crate::words::count;

/// One point of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What the paper says, in its words.
    pub quotes: Vec<Quote>,
    /// What its numbers give.
    pub recomputation: String,
    /// How the two go together.
    pub verdict: Verdict,
}

impl Finding {
    fn of(claim: &PublishedClaim, recomputation: String, verdict: Verdict) -> Self {
        Self {
            quotes: claim.quotes.clone(),
            recomputation,
            verdict,
        }
    }
}

/// How a claim and its recomputation go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The claim follows from the paper's own numbers.
    Holds,
    /// Something else follows.
    Contradicted,
    /// The difference that the claim rests on may be chance.
    Noise,
    /// Chance alone would hardly give the printed numbers.
    Unlikely,
    /// True in part.
    Imprecise,
    /// Two places of the paper say different things.
    Inconsistent,
}

impl Verdict {
    /// Whether a claim is what the numbers give.
    fn holds(yes: bool) -> Self {
        if yes {
            Verdict::Holds
        } else {
            Verdict::Contradicted
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Holds => "holds",
            Verdict::Contradicted => "contradicted",
            Verdict::Noise => "within noise",
            Verdict::Unlikely => "unlikely by chance",
            Verdict::Imprecise => "imprecise",
            Verdict::Inconsistent => "inconsistent",
        })
    }
}

/// Writes the section.
pub fn write(document: &mut Document, paper: &Paper<'_>) {
    document.heading(2, "Audit of the paper");
    document.paragraph(
        "Sentences and tables of the paper, recomputed from the numbers that it prints. A printed number \
         is rounded, so it stands for an interval of half a unit of its last digit on both sides. Our own \
         runs enter in two places: they say how large the noise of a single run is, and how large the \
         gap between training and test images is without dropout and augmentation. Where what the paper changed \
         at once was also made alone, the effects of the single changes stand beside it.",
    );
    let mut table =
        Table::new(["", "the paper says", "its numbers say", "verdict"]).text_columns([1, 2, 3]);
    let findings = findings(paper);
    for (index, finding) in findings.iter().enumerate() {
        let verdict = finding.verdict.to_string();
        table.row(cells![
            index + 1,
            quoted(&finding.quotes),
            finding.recomputation,
            match finding.verdict {
                Verdict::Holds => Markdown::from(verdict),
                _ => Markdown::bold(verdict),
            },
        ]);
    }
    document.table(&table);
    let holding = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Holds)
        .count();
    document.paragraph(format!(
        "{holding} of {} hold as they stand.",
        count(findings.len(), "point")
    ));
}

/// All points, in the order of the claims in the file of the publication.
fn findings(paper: &Paper<'_>) -> Vec<Finding> {
    let &Paper {
        published,
        spec,
        tables,
        ..
    } = paper;
    let classes = spec.data.classes.as_deref().unwrap_or_default();
    let finding = |claim: &PublishedClaim| match claim.name {
        ClaimKind::Columns => table_1::columns(published, claim),
        ClaimKind::ValidationSplit => table_1::validation_split(published, claim),
        ClaimKind::Reports => reports::accuracies(published, classes, claim),
        ClaimKind::F1Scores => reports::f1_scores(published, classes, claim),
        ClaimKind::ModelsAboveBaseline => significance::above_baseline(published, tables, claim),
        ClaimKind::Difference => significance::difference(paper, claim),
        ClaimKind::Champion => statements::champion(published, claim),
        ClaimKind::OutsideAccuracy => None,
        ClaimKind::GainOverOutsideAccuracy => statements::gain_over_outside(published, claim),
        ClaimKind::GainOverBaseline => statements::gain_over_baseline(published, claim),
        ClaimKind::TwoValues => statements::two_values(claim),
        ClaimKind::TwoDirections => statements::two_directions(paper, claim),
        ClaimKind::NumberOfChanges => models::number_of_changes(spec, claim),
        ClaimKind::NumberOfConvolutions => models::number_of_convolutions(spec, claim),
        ClaimKind::Delta => delta::finding(published, spec, tables, claim),
    };
    published.claims.iter().filter_map(finding).collect()
}

#[cfg(test)]
mod tests;
