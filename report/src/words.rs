//! Names and sentences put together.

/// `a`, `a and b`, `a, b and c`.
pub fn join_and<T: AsRef<str>>(words: &[T]) -> String {
    join(words, "and")
}

/// `a`, `a or b`, `a, b or c`.
pub fn join_or<T: AsRef<str>>(words: &[T]) -> String {
    join(words, "or")
}

fn join<T: AsRef<str>>(words: &[T], conjunction: &str) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match &words[..] {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [start @ .., last] => format!("{} {conjunction} {last}", start.join(", ")),
    }
}

/// `1 run`, `2 runs`.
pub fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", crate::number::grouped(number as u64))
}

/// At most `length` characters, cut at a word.
pub fn shorten(text: &str, length: usize) -> String {
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let cut: String = text.chars().take(length).collect();
    let cut = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(start, _)| start);
    format!("{}…", cut.trim_end_matches([',', ' ']))
}

/// The names without the beginning up to a hyphen that all of them share: `model-1` and `model-2` as
/// `1` and `2`.
pub fn short_names(names: &[String]) -> Vec<String> {
    let prefix = names
        .first()
        .and_then(|name| Some(&name[..=name.rfind('-')?]))
        .filter(|prefix| names.iter().all(|name| name.starts_with(prefix)))
        .unwrap_or("");
    names
        .iter()
        .map(|name| name[prefix.len()..].to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_titles_are_cut_at_a_word() {
        assert_eq!(shorten("baseline", 20), "baseline");
        assert_eq!(
            shorten("twice the filters, wider layers", 20),
            "twice the filters…"
        );
    }

    #[test]
    fn names_lose_what_all_of_them_begin_with() {
        let short =
            |names: &[&str]| short_names(&names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>());
        assert_eq!(short(&["model-1", "model-12"]), ["1", "12"]);
        assert_eq!(short(&["small", "small-net"]), ["small", "small-net"]);
    }

    #[test]
    fn the_last_word_follows_an_and() {
        assert_eq!(join_and(&["a", "b", "c"]), "a, b and c");
        assert_eq!(join_and(&["a"]), "a");
    }
}
