//! What was chosen where the paper is silent: the comments of a spec that begin with "Choice:".

const MARK: &str = "Choice:";

/// Each choice of the spec `text` as one paragraph, with the model or policy that the comment
/// stands above.
pub(super) fn find(text: &str) -> Vec<String> {
    let mut choices = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(start) = line.trim().strip_prefix('#').map(str::trim) else {
            continue;
        };
        let Some(first) = start.strip_prefix(MARK) else {
            continue;
        };
        let mut words = vec![first.trim().to_owned()];
        while let Some(more) = lines.peek().and_then(|line| line.trim().strip_prefix('#')) {
            if more.trim().starts_with(MARK) {
                break;
            }
            words.push(more.trim().to_owned());
            lines.next();
        }
        let subject = subject(lines.clone());
        let text = words.join(" ").trim().to_owned();
        choices.push(match subject {
            Some(subject) => format!("**{subject}**: {text}"),
            None => text,
        });
    }
    choices
}

/// The name of the model or policy whose table follows at once, or the key.
fn subject<'a>(mut lines: impl Iterator<Item = &'a str>) -> Option<String> {
    let line = lines.next()?.trim();
    if line.starts_with("[[") {
        let name = lines.next()?.trim().strip_prefix("name")?;
        return Some(name.trim_matches(['=', ' ', '"']).to_owned());
    }
    let (key, _) = line.split_once('=')?;
    Some(format!("`{}`", key.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_carries_the_name_of_what_it_is_about() {
        let text = "# The split.\n# Choice: of every\n# model.\nvalidation_split = 0.2\n\n\
                    # Choice: 0.2, not 0.5.\n[[model]]\nname = \"model-7\"\n";
        assert_eq!(
            find(text),
            [
                "**`validation_split`**: of every model.",
                "**model-7**: 0.2, not 0.5."
            ]
        );
    }
}
