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
mod tests;
