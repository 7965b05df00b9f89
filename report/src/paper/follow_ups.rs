//! The studies that go on from the published one.

use crate::document::Document;
use crate::markdown::{Markdown, markdown};
use crate::paper::Paper;

/// Writes the section; nothing for a publication without follow-ups.
pub fn write(document: &mut Document, paper: &Paper<'_>) {
    let others = paper.published.follow_ups.iter();
    let others = others.filter(|study| study.spec != paper.spec.name);
    let mut items = Vec::new();
    for study in others {
        let is_there = paper.follow_ups.iter().any(|of| of.spec == study.spec);
        items.push(match is_there {
            true => {
                let link = document.report_link(&study.spec);
                markdown!("{}: {}.", link, study.subject)
            }
            false => markdown!(
                "{}: {}. Not made here yet; {} makes it.",
                study.spec,
                study.subject,
                Markdown::code(&format!("cargo xtask run-all --spec {}", study.spec))
            ),
        });
    }
    if !items.is_empty() {
        document.heading(2, "Studies that go on from this one");
        document.list(items);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use pipelines::spec::Spec;

    use super::*;
    use crate::evaluated::Tables;
    use crate::inputs::FollowUpChanges;

    #[test]
    fn a_study_is_linked_where_it_is_there_and_otherwise_named_with_its_command() {
        let mut spec = Spec::load("paper").unwrap();
        spec.name = "optimizers".to_owned();
        let published = spec.published.as_mut().unwrap();
        let kept = ["future-work", "paper-steps", "optimizers"];
        published
            .follow_ups
            .retain(|study| kept.contains(&study.spec.as_str()));
        let tables = Tables::default();
        let follow_ups = [FollowUpChanges {
            spec: "future-work".to_owned(),
            changes: Vec::new(),
        }];
        let mut document = Document::default();
        write(
            &mut document,
            &Paper::of(&spec, &tables, &follow_ups).unwrap(),
        );
        expect![[r#"
            ## Studies that go on from this one

            - paper-steps: the paper's own steps taken apart, each single change by itself. Not made here yet; `cargo xtask run-all --spec paper-steps` makes it.
            - [future-work](../../future-work/report/report.md): what the paper proposes for later, one change of its champion at a time.
        "#]]
        .assert_eq(&document.markdown);
        assert_eq!(document.links, ["../../future-work/report/report.md"]);
    }
}
