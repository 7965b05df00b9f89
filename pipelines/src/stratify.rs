//! Stratified splits: the same share of each class.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;

use crate::random::Streams;

/// Which rows a stratified split holds out, given the class of each row: `share` of the rows of each
/// class, rounded, drawn with `seed`. Of a class with two rows or more at least one is held out and at
/// least one is not; of a class with one row none is. A share of 0 holds out nothing.
///
/// `purpose` separates splits that share a seed.
pub fn stratified(labels: &[u16], share: f64, seed: u64, purpose: &str) -> Vec<bool> {
    let mut rows_of_class: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
    for (row, &label) in labels.iter().enumerate() {
        rows_of_class.entry(label).or_default().push(row);
    }
    let streams = Streams::new(seed, purpose, 0);
    let mut held_out = vec![false; labels.len()];
    if share == 0.0 {
        return held_out;
    }
    for (label, mut rows) in rows_of_class {
        rows.shuffle(&mut streams.id(label.into()));
        let most = rows.len() - 1;
        let count = (rows.len() as f64 * share).round() as usize;
        for &row in &rows[..count.clamp(most.min(1), most)] {
            held_out[row] = true;
        }
    }
    held_out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_class_stands_on_both_sides_in_the_same_share(
            labels in prop::collection::vec(0_u16..5, 0..200),
            share in 0.01..0.99,
            seed: u64,
        ) {
            let held_out = stratified(&labels, share, seed, "test");
            for class in 0..5 {
                let rows: Vec<bool> = labels
                    .iter()
                    .zip(&held_out)
                    .filter(|(label, _)| **label == class)
                    .map(|(_, held_out)| *held_out)
                    .collect();
                let count = rows.iter().filter(|held_out| **held_out).count();
                prop_assert!((count as f64 - rows.len() as f64 * share).abs() <= 1.0);
                prop_assert!(rows.len() < 2 || (count > 0 && count < rows.len()));
            }
        }
    }

    #[test]
    fn a_split_depends_on_seed_and_purpose_alone() {
        let labels: Vec<u16> = (0..100).map(|row| row % 3).collect();
        let split = |seed, purpose| stratified(&labels, 0.3, seed, purpose);
        assert_eq!(split(1, "test"), split(1, "test"));
        assert_ne!(split(1, "test"), split(2, "test"));
        assert_ne!(split(1, "test"), split(1, "validation"));
        assert!(!stratified(&labels, 0.0, 1, "test").contains(&true));
    }
}
