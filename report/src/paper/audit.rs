//! The paper held against its own numbers.

mod classification_reports;
mod delta;
mod models;
mod significance;
mod statements;
mod table_1;

use std::fmt;

use pipelines::spec::Spec;
use pipelines::spec::published::Published;

use crate::document::Document;
use crate::evaluated::Tables;
use crate::markdown::{Markdown, cells};
use crate::paper::Paper;
use crate::table::Table;

/// One point of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What the paper says, and where.
    pub claim: String,
    /// What its numbers give.
    pub recomputation: String,
    /// How the two go together.
    pub verdict: Verdict,
}

/// How a claim and its recomputation go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The claim follows from the paper's own numbers.
    Holds,
    /// Something else follows.
    Contradicted,
    /// The numbers do not carry the claim.
    Noise,
    /// True in a way, and misleading.
    Imprecise,
    /// Two places of the paper say different things.
    Inconsistent,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Holds => "holds",
            Verdict::Contradicted => "contradicted",
            Verdict::Noise => "within noise",
            Verdict::Imprecise => "imprecise",
            Verdict::Inconsistent => "inconsistent",
        })
    }
}

/// Writes the section.
pub fn write(document: &mut Document, paper: &Paper<'_>) {
    document.heading(2, "Audit of the paper");
    document.paragraph(
        "Claims of the paper, recomputed from the numbers that it prints. Printed numbers are taken as \
         rounded, so each stands for the interval of half a unit of its last digit to both sides. Only \
         the point on delta uses our own runs.",
    );
    let mut table = Table::new(["", "claim", "recomputation", "verdict"]).text_columns([1, 2, 3]);
    let findings = findings(paper.published, paper.spec, paper.tables);
    for (index, finding) in findings.iter().enumerate() {
        table.row(cells![
            index + 1,
            finding.claim,
            finding.recomputation,
            match finding.verdict {
                Verdict::Holds => finding.verdict.to_string().into(),
                _ => Markdown::bold(&finding.verdict.to_string()),
            },
        ]);
    }
    document.table(&table);
    let holding = findings
        .iter()
        .filter(|f| f.verdict == Verdict::Holds)
        .count();
    document.paragraph(format!(
        "{holding} of {} points hold as they stand.",
        findings.len()
    ));
}

/// All points, those about the figures first.
fn findings(published: &Published, spec: &Spec, tables: &Tables) -> Vec<Finding> {
    let mut findings = classification_reports::findings(published);
    findings.extend(table_1::findings(published));
    findings.extend(significance::findings(published, spec));
    let classes = spec.data.classes.as_deref().unwrap_or_default();
    findings.extend(statements::findings(published, classes));
    findings.extend(models::findings(published, spec));
    findings.extend(delta::finding(published, spec, tables));
    findings
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use expect_test::expect;

    use super::*;

    #[test]
    fn the_audit_of_the_study_is_computed_from_the_published_numbers() {
        let spec = Spec::load("paper").unwrap();
        let published = spec.published.as_ref().unwrap();
        let mut text = String::new();
        for finding in findings(published, &spec, &Tables::default()) {
            let _ = writeln!(
                text,
                "{}\n  {}\n  => {}",
                finding.claim, finding.recomputation, finding.verdict
            );
        }
        expect![[r#"
            Table 1: model-7's test accuracy is 91.73 %; Figure 7 is its classification report.
              All classes have 1,000 test images, so accuracy is mean recall: 88.5 % in Figure 7, 88.0 to 89.0 % with rounding.
              => contradicted
            Table 1: model-8's test accuracy is 87.22 %; Figure 8 is its classification report.
              All classes have 1,000 test images, so accuracy is mean recall: 90.4 % in Figure 8, 89.9 to 90.9 % with rounding.
              => contradicted
            Table 1: model-7 is better than model-8; Figure 7 and Figure 8 are their reports.
              Figure 8's F1 is at least Figure 7's in 10 of 10 classes; its mean recall is the higher one too. The two figures look exchanged, and from other runs than the table.
              => contradicted
            Figure 7: F1 of 10 classes.
              10 of 10 are the harmonic mean of their precision and recall, with rounding.
              => holds
            Figure 8: F1 of 10 classes.
              10 of 10 are the harmonic mean of their precision and recall, with rounding.
              => holds
            Table 1: misclassification rate of 8 models.
              8 of 8 are 100 − test accuracy.
              => holds
            Table 1: delta of 8 models.
              8 of 8 are highest train − test accuracy.
              => holds
            Table 1: 20 % of the training images are held out for validation (Exploratory Data Analysis; Models and Methods).
              model-5 and model-6 have the same validation and test accuracy to two decimals. Were they of different images and the network equally good on both, the chance of that would be < 0.001 at most: they were almost surely validated on the test images.
              => contradicted
            Table 1: the models are ranked by one test accuracy each; model-1 is the baseline.
              On 10,000 images, unpaired and without the spread over seeds, the difference to the baseline is within noise for model-2 (+0.41 points, z = +1.0) and model-3 (+0.21 points, z = +0.5); beyond it for model-4 (−0.85 points, z = −2.0), model-5 (−1.19 points, z = −2.8), model-6 (−2.75 points, z = −6.2), model-7 (+1.24 points, z = +3.1) and model-8 (−3.27 points, z = −7.4).
              => within noise
            Table 1; Results: Training model 2 for 50 epochs decreases accuracy, due to overfitting.
              model-3 − model-2 is −0.20 points of test accuracy, z = −0.5, within noise.
              => within noise
            Conclusion: Adjusting dropout rates and layers has a negative effect.
              model-4 − model-2 is −1.26 points of test accuracy, z = −3.0, beyond noise; but 4 kinds of things changed at once.
              => imprecise
            Table 1, caption: Model 9 is the champion with a test accuracy of 91.73 %.
              The table has 8 models; 91.73 % is model-7.
              => contradicted
            Results: Model 7 predicts 667 shirts and 758 pullovers correctly.
              They are Figure 7's recalls, whose mean is 88.5 %; Table 1 gives model-7 91.73 %.
              => inconsistent
            Results: Model 7's F1 is 69 % for shirts, 78 % for pullovers, 80 % for coats and 84 % for T-shirts.
              4 of 4 stand in Figure 7.
              => holds
            Results: 3 models had an accuracy greater than the baseline model.
              3: model-2, model-3, model-7.
              => holds
            Conclusion: The models represent an increase of 17 to 21 % from the classroom's baseline.
              Against 70 %: 17.2 to 21.7 percentage points, or 25 to 31 % more; the upper figure is cut off, not rounded.
              => imprecise
            Results: Model 7 is only 1 % above the baseline, model 1.
              +1.24 points; 13 % fewer errors.
              => imprecise
            Introduction; Results: Kadam et al. (2020) attained 99.37 %; later in the paper, about 93 %.
              The two differ by 6.37 points.
              => inconsistent
            Table 3; Figure 3: Model 7's dropout rate is 0.5 in the table and 0.2 in the code.
              The two differ by 0.30 in the rate.
              => inconsistent
            Table 1 and Table 3, comments: Model 7 is model 2 with more dense layer neurons and a larger batch: 2 changes.
              Layer by layer 5 kinds of things differ from model-2: conv2d filters, dense units, dropout rate, epochs, batch size.
              => imprecise
            Text; Table 3: Model 8 is called a CNN; the table gives it 0 convolutional layers.
              A network with 0 convolutions is no CNN but a multilayer perceptron; the spec's has 0.
              => contradicted
        "#]].assert_eq(&text);
    }
}
