//! Markdown by type: what the report says itself is markup, what comes from outside is text.
//!
//! A [`String`] or [`str`] that becomes [`Markdown`] is escaped. Markup comes from [`markdown!`] alone,
//! whose template is a literal of this crate and whose arguments are escaped too, unless they are
//! Markdown already.

use std::fmt;

/// Inline Markdown of GitHub's dialect that is safe to write as it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markdown(String);

impl Markdown {
    /// What [`markdown!`] has put together.
    #[doc(hidden)]
    pub fn of_template(text: String) -> Self {
        Self(text)
    }

    /// `text` as code; as escaped text where code could not hold it.
    pub fn code(text: &str) -> Self {
        let text = visible(text);
        let text = text.trim();
        if text.is_empty() || text.contains(['`', '|', '\\']) {
            return Self::from(text);
        }
        Self(format!("`{text}`"))
    }

    /// `text` in bold.
    pub fn bold(text: impl Into<Self>) -> Self {
        Self(format!("**{}**", text.into()))
    }

    /// `text` in italics.
    pub fn italic(text: impl Into<Self>) -> Self {
        Self(format!("*{}*", text.into()))
    }

    /// `parts` with `separator` between them.
    pub fn join(parts: impl IntoIterator<Item = impl Into<Self>>, separator: &'static str) -> Self {
        let parts: Vec<String> = parts.into_iter().map(|part| part.into().0).collect();
        Self(parts.join(separator))
    }

    /// Adds `more` at the end.
    pub fn push(&mut self, more: impl Into<Self>) {
        self.0.push_str(&more.into().0);
    }

    /// What is written to the file.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Markdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Markdown {
    fn from(text: &str) -> Self {
        Self(escape(text))
    }
}

impl From<String> for Markdown {
    fn from(text: String) -> Self {
        Self(escape(&text))
    }
}

impl From<&String> for Markdown {
    fn from(text: &String) -> Self {
        Self(escape(text))
    }
}

impl From<&Markdown> for Markdown {
    fn from(markdown: &Markdown) -> Self {
        markdown.clone()
    }
}

/// An argument of [`markdown!`].
pub trait Argument {
    /// The argument as Markdown.
    fn markdown(&self) -> Markdown;
}

impl Argument for Markdown {
    fn markdown(&self) -> Markdown {
        self.clone()
    }
}

impl Argument for str {
    fn markdown(&self) -> Markdown {
        self.into()
    }
}

impl Argument for String {
    fn markdown(&self) -> Markdown {
        self.into()
    }
}

impl<T: Argument + ?Sized> Argument for &T {
    fn markdown(&self) -> Markdown {
        (*self).markdown()
    }
}

macro_rules! numbers_are_arguments {
    ($($number:ty)*) => {$(
        impl Argument for $number {
            fn markdown(&self) -> Markdown {
                Markdown(self.to_string())
            }
        }
    )*};
}

numbers_are_arguments!(u16 u32 u64 usize);

/// Markdown from a literal with arguments in the places of `{}`, like [`format!`]. The arguments are
/// escaped; names inside the braces do not compile, because they would not be.
macro_rules! markdown {
    ($template:literal $(, $argument:expr)* $(,)?) => {
        $crate::markdown::Markdown::of_template(format!(
            concat!($template)
            $(, $crate::markdown::Argument::markdown(&$argument))*
        ))
    };
}
pub(crate) use markdown;

/// Cells of one row of a table, each a number, a text, or Markdown.
macro_rules! cells {
    ($($cell:expr),* $(,)?) => {
        [$($crate::markdown::Argument::markdown(&$cell)),*]
    };
}
pub(crate) use cells;

/// `text` on one line and without characters that a reader cannot see: controls become spaces, and
/// what would turn the direction of the text around it becomes U+FFFD.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {
                char::REPLACEMENT_CHARACTER
            }
            '\u{2028}' | '\u{2029}' => ' ',
            character if character.is_control() => ' ',
            character => character,
        })
        .collect()
}

/// `text` so that a Markdown parser gives it back, without white space at its ends.
fn escape(text: &str) -> String {
    let text = visible(text);
    let text = text.trim();
    let mut escaped = String::with_capacity(text.len());
    let after_digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let list_number = text.len() - after_digits.len();
    for (place, character) in text.char_indices() {
        let rest = &text[place + character.len_utf8()..];
        let next = rest.chars().next();
        match character {
            // Inside a word an underscore is one.
            '_' if is_inside_a_word(&text[..place], next) => escaped.push('_'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            // What begins a list or a quotation.
            '-' | '+' if place == 0 && next.is_none_or(|next| " -".contains(next)) => {
                escaped.push('\\');
                escaped.push(character);
            }
            '>' if place == 0 => escaped.push_str("\\>"),
            '.' | ')'
                if place == list_number && place > 0 && next.is_none_or(|next| next == ' ') =>
            {
                escaped.push('\\');
                escaped.push(character);
            }
            // What GitHub makes a link of.
            ':' if rest.starts_with("//") => escaped.push_str("\\:"),
            '.' if text[..place].to_ascii_lowercase().ends_with("www") => escaped.push_str("\\."),
            '<' if next.is_none_or(|next| next.is_alphabetic() || "/!?".contains(next)) => {
                escaped.push_str("&lt;");
            }
            '&' if next.is_none_or(|next| next.is_alphanumeric() || next == '#') => {
                escaped.push_str("&amp;");
            }
            // A backslash would not do in a table.
            '|' => escaped.push_str("&#124;"),
            character => escaped.push(character),
        }
    }
    escaped
}

fn is_inside_a_word(before: &str, next: Option<char>) -> bool {
    let last = before.chars().next_back();
    last.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
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
        let write: [(&str, &dyn Fn(&mut Document)); 4] = [
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
}
