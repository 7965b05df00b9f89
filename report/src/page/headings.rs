//! Headings, their anchors and the table of contents.

use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};

use crate::svg::escape;

/// One heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// 1 for the title.
    pub level: usize,
    /// Its text.
    pub text: String,
    /// Its anchor, as GitHub makes it.
    pub id: String,
}

/// All headings, in order.
pub fn find(events: &[Event<'_>]) -> Vec<Heading> {
    let mut headings: Vec<Heading> = Vec::new();
    let mut open: Option<(HeadingLevel, String)> = None;
    for event in events {
        match event {
            Event::Start(Tag::Heading { level, .. }) => open = Some((*level, String::new())),
            Event::Text(text) | Event::Code(text) => {
                if let Some((_, heading)) = &mut open {
                    heading.push_str(text);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((level, text)) = open.take() {
                    let slug = anchor(&text);
                    let same = headings
                        .iter()
                        .filter(|heading| anchor(&heading.text) == slug)
                        .count();
                    let id = if same == 0 {
                        slug
                    } else {
                        format!("{slug}-{same}")
                    };
                    headings.push(Heading {
                        level: level as usize,
                        text,
                        id,
                    });
                }
            }
            _ => {}
        }
    }
    headings
}

/// Lower case, spaces to hyphens, other signs dropped.
fn anchor(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .filter_map(|character| match character {
            ' ' | '-' => Some('-'),
            '_' => Some('_'),
            character if character.is_alphanumeric() => Some(character),
            _ => None,
        })
        .collect()
}

/// Nested lists of links to the headings of level 2 and 3.
pub fn contents(headings: &[Heading]) -> String {
    let mut text = String::from("<ul>");
    let mut items = headings
        .iter()
        .filter(|heading| heading.level == 2 || heading.level == 3)
        .peekable();
    while let Some(heading) = items.next() {
        let link = |heading: &Heading| {
            format!("<a href=\"#{}\">{}</a>", heading.id, escape(&heading.text))
        };
        text.push_str("<li>");
        text.push_str(&link(heading));
        let mut below = String::new();
        while let Some(sub) = items.next_if(|next| heading.level == 2 && next.level == 3) {
            below.push_str("<li>");
            below.push_str(&link(sub));
            below.push_str("</li>");
        }
        if !below.is_empty() {
            text.push_str(&format!("<ul>{below}</ul>"));
        }
        text.push_str("</li>");
    }
    text.push_str("</ul>");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_that_github_makes() {
        assert_eq!(anchor("Classes (Table 2)"), "classes-table-2");
        assert_eq!(
            anchor("The paper's conclusions and ours"),
            "the-papers-conclusions-and-ours"
        );
    }
}
