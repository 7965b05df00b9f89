use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::*;
use crate::document::Document;
use crate::table::Table;

/// The texts that a Markdown parser finds in `document`, and what else than `allowed` it finds.
fn parsed(document: &Document) -> (String, Vec<String>) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_GFM
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH;
    let (mut text, mut other) = (String::new(), Vec::new());
    for event in Parser::new_ext(&document.markdown, options) {
        match event {
            Event::Text(part) => text.push_str(&part),
            Event::Start(
                Tag::Paragraph
                | Tag::Table(_)
                | Tag::TableHead
                | Tag::TableRow
                | Tag::TableCell
                | Tag::Heading { .. }
                | Tag::Item
                | Tag::List(_),
            )
            | Event::End(
                TagEnd::Paragraph
                | TagEnd::Table
                | TagEnd::TableHead
                | TagEnd::TableRow
                | TagEnd::TableCell
                | TagEnd::Heading(_)
                | TagEnd::Item
                | TagEnd::List(_),
            ) => {}
            event => other.push(format!("{event:?}")),
        }
    }
    (text, other)
}

fn check(text: &str) {
    let expected = visible(text);
    let expected = expected.trim();
    let mut table = Table::new(["class"]);
    table.row([text]);
    type Write<'a> = (&'a str, &'a dyn Fn(&mut Document));
    let write: [Write<'_>; 4] = [
        ("", &|document| document.paragraph(text)),
        ("", &|document| document.list([text])),
        ("", &|document| document.heading(2, text)),
        ("class", &|document| document.table(&table)),
    ];
    for (before, write) in write {
        let mut document = Document::default();
        write(&mut document);
        let (found, other) = parsed(&document);
        assert_eq!(
            found,
            format!("{before}{expected}"),
            "{}",
            document.markdown
        );
        assert!(other.is_empty(), "{other:?} in {}", document.markdown);
    }
}

#[test]
fn hostile_texts_are_given_back_by_a_parser() {
    for text in [
        "T-shirt/top",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "![a](https://example.org/x.png)",
        "<https://example.org> www.example.org",
        "a | b || `c` **d** _e_ ~~f~~ $g$ \\h \\",
        "[!WARNING]",
        "> quote",
        "- item",
        "12. item",
        "12) item",
        "+ item",
        "# heading #",
        "    code",
        "---",
        "===",
        "&lt; &amp; &#60; & &",
        "a\r\n\r\n<b>b</b>\u{0}\t",
        "<",
        "<!-- -->",
        "{{x}} [^1] [x] :bug:",
        "right \u{202e}to left",
    ] {
        check(text);
    }
}

/// Every text of up to six of the characters that Markdown knows, drawn from a fixed stream.
#[test]
fn any_text_is_given_back_by_a_parser() {
    let alphabet: Vec<char> = "ab1 .)-+*_`~#<>[]()!|\\&;:/=\"'$^@{}\n\té\u{202e}\u{1f980}"
        .chars()
        .collect();
    let mut state = 1_u64;
    let mut draw = |bound: usize| {
        // The 64-bit generator of Knuth's MMIX.
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    for _ in 0..20_000 {
        let length = 1 + draw(10);
        let text: String = (0..length)
            .map(|_| alphabet[draw(alphabet.len())])
            .collect();
        if !text.trim().is_empty() {
            check(&text);
        }
    }
}

#[test]
fn arguments_are_text_and_templates_are_markup() {
    let name = "<b>*x*";
    let strong = Markdown::bold(name);
    assert_eq!(
        markdown!("**{}** of `{}`: {}", name, 3_usize, strong).as_str(),
        "**&lt;b>\\*x\\*** of `3`: **&lt;b>\\*x\\***"
    );
    assert_eq!(Markdown::code("a_b").as_str(), "`a_b`");
    assert_eq!(Markdown::code("a`|b").as_str(), "a\\`&#124;b");
}
