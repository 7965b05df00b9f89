//! Compact letter display.

/// Letters of `count` items, so that two items share one exactly when `different` says that they are not
/// different. Letters are in the order of the items, which are best given from the largest mean to the
/// smallest.
///
/// H.-P. Piepho (2004), An algorithm for a letter-based representation of all-pairwise comparisons,
/// Journal of Computational and Graphical Statistics 13: columns are split at each difference and
/// absorbed when another has all of their items.
pub fn letters(count: usize, different: impl Fn(usize, usize) -> bool) -> Vec<String> {
    let mut columns = vec![vec![true; count]];
    for a in 0..count {
        for b in a + 1..count {
            if !different(a, b) {
                continue;
            }
            let mut split = Vec::new();
            for column in columns {
                if column[a] && column[b] {
                    for without in [b, a] {
                        let mut part = column.clone();
                        part[without] = false;
                        split.push(part);
                    }
                } else {
                    split.push(column);
                }
            }
            columns = absorbed(split);
        }
    }
    columns.sort_by(|a, b| b.cmp(a));
    let of_item = |item: usize| {
        let columns = columns.iter().enumerate();
        let columns = columns.filter(|(_, column)| column[item]);
        columns.map(|(index, _)| letter(index)).collect()
    };
    (0..count).map(of_item).collect()
}

/// The columns that are not part of another.
fn absorbed(columns: Vec<Vec<bool>>) -> Vec<Vec<bool>> {
    let mut kept: Vec<Vec<bool>> = Vec::new();
    for column in columns {
        let within = |a: &[bool], b: &[bool]| a.iter().zip(b).all(|(&a, &b)| !a || b);
        if kept.iter().any(|other| within(&column, other)) {
            continue;
        }
        kept.retain(|other| !within(other, &column));
        kept.push(column);
    }
    kept
}

/// a to z, then A to Z, then a mark that is not a letter.
fn letter(index: usize) -> char {
    ('a'..='z').chain('A'..='Z').nth(index).unwrap_or('·')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // library(multcompView)  # 0.1-8
    // d <- c("1-2"=F,"1-3"=T,"1-4"=T,"1-5"=T,"2-3"=F,"2-4"=F,"2-5"=T,"3-4"=F,"3-5"=T,"4-5"=F)
    // multcompLetters(d)
    #[test]
    fn letters_are_multcompviews() {
        let pairs = [(0, 2), (0, 3), (0, 4), (1, 4), (2, 4)];
        let found = letters(5, |a, b| pairs.contains(&(a, b)));
        assert_eq!(found, ["a", "ab", "b", "bc", "c"]);
    }

    proptest! {
        #[test]
        fn two_items_share_a_letter_exactly_when_they_are_not_different(
            differences in prop::collection::vec(any::<bool>(), 28),
        ) {
            let index = |a: usize, b: usize| a * 8 + b - (a + 1) * (a + 2) / 2;
            let different = |a: usize, b: usize| differences[index(a, b)];
            let found = letters(8, different);
            for a in 0..8 {
                for b in a + 1..8 {
                    let shared = found[a].chars().any(|letter| found[b].contains(letter));
                    prop_assert_eq!(shared, !different(a, b));
                }
            }
        }
    }
}
