//! PyTorch's names of layers.

use std::collections::HashMap;

/// The names of the layers in one list, repetitions included, which count the layers of a kind from 1:
/// `conv1`, `bn1`, `fc1`.
pub(super) struct Names<'p> {
    prefix: &'p str,
    counts: HashMap<&'static str, usize>,
}

impl<'p> Names<'p> {
    /// Names that begin with `prefix`.
    pub(super) fn new(prefix: &'p str) -> Self {
        Self {
            prefix,
            counts: HashMap::new(),
        }
    }

    /// The name of the next layer of `kind`.
    pub(super) fn next(&mut self, kind: &'static str) -> String {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        match self.prefix {
            "" => format!("{kind}{count}"),
            prefix => format!("{prefix}.{kind}{count}"),
        }
    }
}
