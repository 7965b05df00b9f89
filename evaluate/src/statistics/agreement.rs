//! How often two runs predict the same class.

/// Shares of images, and Cohen's kappa.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Same predicted class.
    pub agreement: f64,
    /// Agreement beyond that of two runs that predict their classes as often, but independently of
    /// each other; 1 when both always predict the same single class.
    pub kappa: f64,
    /// Both correct.
    pub both_correct: f64,
    /// Only a correct.
    pub only_a_correct: f64,
    /// Only b correct.
    pub only_b_correct: f64,
    /// Both wrong.
    pub both_wrong: f64,
    /// Both wrong with the same class.
    pub same_wrong_class: f64,
}

/// Agreement of two runs' predicted classes `a` and `b` on the images with `labels`; all (N), from 0.
///
/// Kappa: J. Cohen (1960), A coefficient of agreement for nominal scales.
pub fn agreement(labels: &[u16], a: &[u16], b: &[u16]) -> Agreement {
    let class_count = a
        .iter()
        .chain(b)
        .max()
        .map_or(0, |&class| usize::from(class) + 1);
    let mut classes_a = vec![0_u64; class_count];
    let mut classes_b = vec![0_u64; class_count];
    // Both correct, only a, only b, both wrong, and both wrong with the same class.
    let mut counts = [0_u64; 5];
    for ((&label, &a), &b) in labels.iter().zip(a).zip(b) {
        classes_a[usize::from(a)] += 1;
        classes_b[usize::from(b)] += 1;
        match (a == label, b == label) {
            (true, true) => counts[0] += 1,
            (true, false) => counts[1] += 1,
            (false, true) => counts[2] += 1,
            (false, false) => {
                counts[3] += 1;
                counts[4] += u64::from(a == b);
            }
        }
    }
    let n = labels.len().max(1) as f64;
    let share = |count: u64| count as f64 / n;
    let observed = share(counts[0] + counts[4]);
    let expected: f64 = classes_a
        .iter()
        .zip(&classes_b)
        .map(|(&a, &b)| share(a) * share(b))
        .sum();
    Agreement {
        agreement: observed,
        kappa: if expected < 1.0 {
            (observed - expected) / (1.0 - expected)
        } else {
            1.0
        },
        both_correct: share(counts[0]),
        only_a_correct: share(counts[1]),
        only_b_correct: share(counts[2]),
        both_wrong: share(counts[3]),
        same_wrong_class: share(counts[4]),
    }
}

/// Means over pairs of runs; all 0 without any.
pub fn mean(agreements: &[Agreement]) -> Agreement {
    let mean = |field: fn(&Agreement) -> f64| {
        agreements.iter().map(field).sum::<f64>() / agreements.len().max(1) as f64
    };
    Agreement {
        agreement: mean(|pair| pair.agreement),
        kappa: mean(|pair| pair.kappa),
        both_correct: mean(|pair| pair.both_correct),
        only_a_correct: mean(|pair| pair.only_a_correct),
        only_b_correct: mean(|pair| pair.only_b_correct),
        both_wrong: mean(|pair| pair.both_wrong),
        same_wrong_class: mean(|pair| pair.same_wrong_class),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // from sklearn.metrics import cohen_kappa_score  # 1.9.1
    // cohen_kappa_score([0, 0, 1, 1, 2, 2, 2, 9], [0, 1, 1, 1, 2, 0, 2, 9])
    #[test]
    fn kappa_is_scikit_learns() {
        let a = [0, 0, 1, 1, 2, 2, 2, 9];
        let b = [0, 1, 1, 1, 2, 0, 2, 9];
        let found = agreement(&[0, 0, 0, 1, 2, 2, 4, 8], &a, &b);
        assert!((found.kappa - 0.659_574_468_085_106_3).abs() < 1e-12);
        let shares = [
            found.agreement,
            found.both_correct,
            found.only_a_correct,
            found.only_b_correct,
            found.both_wrong,
            found.same_wrong_class,
        ];
        assert_eq!(shares, [0.75, 0.375, 0.25, 0.0, 0.375, 0.375]);
    }

    #[test]
    fn always_the_same_class_is_full_agreement() {
        assert_eq!(agreement(&[1, 2], &[3, 3], &[3, 3]).kappa, 1.0);
    }
}
