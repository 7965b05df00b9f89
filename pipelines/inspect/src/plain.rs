//! Texts of a file as a terminal may show them.

/// `text` as it is but for what is no text, such as control characters, which could move the terminal's cursor.
pub fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|character| match character {
            // What only Rust's literals escape.
            '\'' | '"' | '\\' => vec![character],
            other => other.escape_debug().collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_control_characters_do_nothing() {
        assert_eq!(
            plain("Wilson's −0.5 é \"x\\y\""),
            "Wilson's −0.5 é \"x\\y\""
        );
        assert_eq!(plain("a\u{1b}[2Jb\n"), "a\\u{1b}[2Jb\\n");
    }
}
