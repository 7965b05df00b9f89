//! The error of images that cannot be decoded.

use std::fmt;

/// Damaged images that are named; of more, their number is given.
const MAX_NAMED: usize = 10;

/// Which images of a data set cannot be decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DamagedImages {
    count: usize,
    first: Vec<String>,
}

impl DamagedImages {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds the image called `name`, which cannot be decoded because of `damage`.
    pub fn add(&mut self, name: impl fmt::Display, damage: &str) {
        self.count += 1;
        if self.first.len() < MAX_NAMED {
            self.first.push(format!("{name}: {damage}"));
        }
    }

    /// Adds those of another part of the data set.
    pub fn append(&mut self, other: Self) {
        self.count += other.count;
        self.first.extend(other.first);
        self.first.truncate(MAX_NAMED);
    }
}

impl fmt::Display for DamagedImages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected images that can be decoded, found {} that cannot",
            self.count
        )?;
        if self.count > self.first.len() {
            write!(f, ", the first {} of which are", self.first.len())?;
        }
        write!(f, ":")?;
        for image in &self.first {
            write!(f, "\n  {image}")?;
        }
        Ok(())
    }
}

impl std::error::Error for DamagedImages {}
