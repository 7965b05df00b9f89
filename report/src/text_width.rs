//! How wide a text is, so that figures can be laid out without the font that they are shown in.
//!
//! Figures name sans-serif fonts with the widths of Helvetica (Arial, Liberation Sans). The tables are
//! those of Adobe's font metrics, in thousandths of the font size, from space to tilde.

/// How heavy the strokes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// For text.
    Regular,
    /// For titles and what stands out.
    Bold,
}

const FIRST: char = ' ';

#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

#[rustfmt::skip]
const BOLD: [u16; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584, 611,
    975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556,
    333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611,
    611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584,
];

/// Width of `text` at `size_px`, in pixels. Letters beyond ASCII count as wide as a digit, those of
/// East Asian scripts as wide as they are high.
pub fn width_px(text: &str, weight: Weight, size_px: f64) -> f64 {
    let thousandths: u32 = text.chars().map(|c| thousandths(c, weight)).sum();
    f64::from(thousandths) / 1000.0 * size_px
}

/// The longest beginning of `text` that fits into `max_px`, with an ellipsis where it was cut.
pub fn fit(text: &str, weight: Weight, size_px: f64, max_px: f64) -> String {
    if width_px(text, weight, size_px) <= max_px {
        return text.to_owned();
    }
    let mut cut: String = text.to_owned();
    while cut.pop().is_some() {
        let shortened = format!("{}…", cut.trim_end());
        if width_px(&shortened, weight, size_px) <= max_px {
            return shortened;
        }
    }
    "…".to_owned()
}

/// `text` in at most `count` lines of `max_px`, broken between words; a line that is too long is cut.
pub fn lines(text: &str, weight: Weight, size_px: f64, max_px: f64, count: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let is_last = lines.len() == count;
        match lines.last_mut() {
            Some(line)
                if is_last || width_px(&format!("{line} {word}"), weight, size_px) <= max_px =>
            {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let cut = lines.iter().map(|line| fit(line, weight, size_px, max_px));
    cut.collect()
}

fn thousandths(character: char, weight: Weight) -> u32 {
    let table = match weight {
        Weight::Regular => &REGULAR,
        Weight::Bold => &BOLD,
    };
    let index = u32::from(character).wrapping_sub(u32::from(FIRST)) as usize;
    match table.get(index) {
        Some(width) => u32::from(*width),
        None if u32::from(character) >= 0x1100
            && !('\u{2000}'..'\u{2e80}').contains(&character) =>
        {
            1000
        }
        None if matches!(character, '…' | '→' | '←') => 1000,
        None => 584,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_helvetica() {
        // m 833, o 556, d 556, e 556, l 222, hyphen 333, 7 556
        assert_eq!(width_px("model-7", Weight::Regular, 1000.0), 3612.0);
        assert!(
            width_px("model-7", Weight::Bold, 10.0) > width_px("model-7", Weight::Regular, 10.0)
        );
    }

    #[test]
    fn long_texts_are_cut_to_fit() {
        assert_eq!(fit("Sandal", Weight::Regular, 10.0, 100.0), "Sandal");
        let cut = fit("A very long name of a class", Weight::Regular, 10.0, 60.0);
        assert!(cut.ends_with('…') && width_px(&cut, Weight::Regular, 10.0) <= 60.0);
        assert_eq!(fit("M", Weight::Regular, 10.0, 1.0), "…");
    }

    #[test]
    fn long_texts_are_broken_between_words() {
        let broken = |text, count| lines(text, Weight::Regular, 10.0, 90.0, count);
        assert_eq!(broken("", 2), Vec::<String>::new());
        assert_eq!(broken("twice the filters", 2), ["twice the filters"]);
        let long = "twice the filters, wider dense layers";
        assert_eq!(
            broken(long, 2),
            ["twice the filters,", "wider dense layers"]
        );
        assert_eq!(broken(long, 1), [fit(long, Weight::Regular, 10.0, 90.0)]);
    }
}
