//! Sentences with numbers in them, or sentences that say different things.

use pipelines::spec::published::{ClaimKind, Direction, Published, PublishedClaim};

use super::{Finding, Verdict};
use crate::number::{decimal, signed};
use crate::paper::Paper;
use crate::paper::steps::{self, Told};

/// Who is best, and with which accuracy.
pub fn champion(published: &Published, claim: &PublishedClaim) -> Option<Finding> {
    let [test_percent] = claim.values[..] else {
        return None;
    };
    let best = published
        .accuracies
        .iter()
        .max_by(|a, b| a.test_percent.total_cmp(&b.test_percent))?;
    let right = claim.model.as_ref() == Some(&best.model) && best.test_percent == test_percent;
    Some(Finding::of(
        claim,
        format!(
            "The table has {} models; {} % is {}.",
            published.accuracies.len(),
            decimal(best.test_percent, 2),
            best.model
        ),
        Verdict::holds(right),
    ))
}

/// Percentage points are called per cent.
pub fn gain_over_outside(published: &Published, claim: &PublishedClaim) -> Option<Finding> {
    let base = *published
        .claim(ClaimKind::OutsideAccuracy)?
        .values
        .first()?;
    let tests = || published.accuracies.iter().map(|row| row.test_percent);
    let (low, high) = crate::scale::extent(tests(), 0.0)?;
    let points = [low - base, high - base];
    let relative = points.map(|points| points / base * 100.0);
    let as_stated = claim
        .values
        .iter()
        .zip(points)
        .all(|(stated, points)| (stated - points).abs() <= 0.5);
    Some(Finding::of(
        claim,
        format!(
            "Against {} %: {} to {} percentage points, or {} to {} % more{}",
            decimal(base, 0),
            decimal(points[0], 1),
            decimal(points[1], 1),
            decimal(relative[0], 0),
            decimal(relative[1], 0),
            if as_stated {
                "."
            } else {
                "; the upper figure is cut off, not rounded."
            }
        ),
        if as_stated {
            Verdict::Holds
        } else {
            Verdict::Imprecise
        },
    ))
}

/// A gain is as stated if it rounds to the stated number.
pub fn gain_over_baseline(published: &Published, claim: &PublishedClaim) -> Option<Finding> {
    let baseline = published.accuracies.first()?;
    let best = published
        .accuracies
        .iter()
        .max_by(|a, b| a.test_percent.total_cmp(&b.test_percent))?;
    let fewer_errors = 1.0 - best.misclassified_percent / baseline.misclassified_percent;
    let gain = best.test_percent - baseline.test_percent;
    let stated = claim.values.first().copied()?;
    Some(Finding::of(
        claim,
        format!(
            "{} percentage points, which rounds to {}; {} % fewer errors.",
            signed(gain, 2),
            decimal(gain, 0),
            decimal(fewer_errors * 100.0, 0)
        ),
        Verdict::holds((gain - stated).abs() <= 0.5),
    ))
}

/// One quantity with two values.
pub fn two_values(claim: &PublishedClaim) -> Option<Finding> {
    let [one, other] = claim.values[..] else {
        return None;
    };
    if one == other {
        return Some(Finding::of(claim, "The two agree.".into(), Verdict::Holds));
    }
    let decimals = if one.fract() == 0.0 && other.fract() == 0.0 {
        0
    } else {
        2
    };
    Some(Finding::of(
        claim,
        format!(
            "The two differ by {} {}.",
            decimal((one - other).abs(), decimals),
            claim.unit
        ),
        Verdict::Inconsistent,
    ))
}

/// Two sentences on what one change does, beside what the table has.
pub fn two_directions(paper: &Paper<'_>, claim: &PublishedClaim) -> Option<Finding> {
    let published = paper.published;
    let (model, against) = (claim.model.as_deref()?, claim.against.as_deref()?);
    let [one, other] = claim.directions[..] else {
        return None;
    };
    let row = published.accuracy(model)?;
    let base = published.accuracy(against)?;
    let word = |direction| match direction {
        Direction::Up => "a rise",
        Direction::Down => "a fall",
        Direction::None => "no effect",
    };
    let agree = one == other;
    let mut sentences = vec![format!(
        "{} In the table {model} has {} % test accuracy and a delta of {}, {against} {} % and {}; they \
         differ in other things too.",
        match agree {
            true => format!("Both sentences say {}.", word(one)),
            false => format!(
                "One sentence says {}, the other {}.",
                word(one),
                word(other)
            ),
        },
        decimal(row.test_percent, 2),
        signed(row.delta_points, 2),
        decimal(base.test_percent, 2),
        signed(base.delta_points, 2),
    )];
    sentences.extend(steps::sentences(paper, &claim.steps, Told::AccuracyAndGap));
    Some(Finding::of(
        claim,
        sentences.join(" "),
        match agree {
            true => Verdict::Holds,
            false => Verdict::Inconsistent,
        },
    ))
}
