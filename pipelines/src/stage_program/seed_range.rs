//! Seeds as they stand on a command line.

use std::fmt;

/// One word of `--seeds`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeedRange {
    /// One seed or a half-open range of them.
    Range(std::ops::Range<u64>),
    /// The seeds are added one after another, and the verdicts allow for it.
    UntilDecided,
}

/// How [`SeedRange::UntilDecided`] is written.
const UNTIL_DECIDED: &str = "until-decided";

impl fmt::Display for SeedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) if range.end - range.start == 1 => write!(f, "{}", range.start),
            Self::Range(range) => write!(f, "{}..{}", range.start, range.end),
            Self::UntilDecided => f.write_str(UNTIL_DECIDED),
        }
    }
}

impl From<u64> for SeedRange {
    /// The range of one seed; the largest number of all, whose range would have no end, is taken
    /// for the one below.
    fn from(seed: u64) -> Self {
        let first = seed.min(u64::MAX - 1);
        Self::Range(first..first + 1)
    }
}

/// Most seeds that one range may name.
const MAX_SEEDS: u64 = 10_000;

/// Parses `3`, `0..5` or `until-decided`.
///
/// # Errors
/// Says what was expected, for the command line's own message.
pub fn parse_seeds(text: &str) -> Result<SeedRange, String> {
    let number = |text: &str| {
        text.parse::<u64>().map_err(|_| {
            format!("expected a number, a range such as 0..5 or `{UNTIL_DECIDED}`, found `{text}`")
        })
    };
    let text = text.trim();
    if text == UNTIL_DECIDED {
        return Ok(SeedRange::UntilDecided);
    }
    let range = match text.split_once("..") {
        Some((first, end)) => number(first)?..number(end)?,
        None => {
            let seed = number(text)?;
            seed..seed.checked_add(1).ok_or("the seed is too large")?
        }
    };
    if range.is_empty() || range.end - range.start > MAX_SEEDS {
        return Err(format!("expected 1 to {MAX_SEEDS} seeds, found `{text}`"));
    }
    Ok(SeedRange::Range(range))
}

/// All seeds of all ranges, each once, in their order.
pub fn expand_seeds(ranges: &[SeedRange]) -> Vec<u64> {
    let mut seeds = Vec::new();
    let numbers = ranges.iter().filter_map(|range| match range {
        SeedRange::Range(range) => Some(range.clone()),
        SeedRange::UntilDecided => None,
    });
    for seed in numbers.flatten() {
        if !seeds.contains(&seed) {
            seeds.push(seed);
        }
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_numbers_and_half_open_ranges() {
        let seeds = |text: &str| {
            let ranges: Result<Vec<_>, _> = text.split(',').map(parse_seeds).collect();
            ranges.map(|ranges| expand_seeds(&ranges))
        };
        assert_eq!(seeds("0..3, 7,1"), Ok(vec![0, 1, 2, 7]));
        assert_eq!(seeds("0..3,until-decided"), Ok(vec![0, 1, 2]));
        assert!(seeds("3..3").is_err());
        assert!(seeds("x").unwrap_err().contains("found `x`"));
    }
}
