//! Random numbers that depend on their purpose and never on the order in which threads draw them.
//!
//! A stream has a name: (seed, purpose, epoch) and, inside it, an id (an image's row, a layer's number).
//! Threads that draw for different ids do not affect each other, so the numbers are the same for any
//! number of threads and after any interruption.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

/// The seed from which `model` draws in its run with `seed`.
///
/// Models that share a seed draw different numbers. Otherwise two models with the same layers
/// would be one run up to the epoch where they part, and tests that take runs of different models
/// for independent would be wrong about them.
pub fn run_seed(seed: u64, model: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update(model.as_bytes());
    let digest = hash.finalize();
    let (first, _) = digest
        .split_first_chunk()
        .expect("a SHA-256 has more than 8 bytes");
    u64::from_le_bytes(*first)
}

/// All streams of one (seed, purpose, epoch).
#[derive(Clone, Debug)]
pub struct Streams {
    base: ChaCha8Rng,
}

impl Streams {
    /// `purpose` separates uses that share a seed: "shuffle", "dropout", "augment" and the like.
    pub fn new(seed: u64, purpose: &str, epoch: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(epoch.to_le_bytes());
        hash.update(purpose.as_bytes());
        let mut key = [0; 32];
        key.copy_from_slice(&hash.finalize());
        Self {
            base: ChaCha8Rng::from_seed(key),
        }
    }

    /// The generator of one id, at its beginning.
    pub fn id(&self, id: u64) -> ChaCha8Rng {
        let mut generator = self.base.clone();
        generator.set_stream(id);
        generator
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, RngExt};

    use super::{Streams, run_seed};

    fn first(seed: u64, purpose: &str, epoch: u64, id: u64) -> u64 {
        Streams::new(seed, purpose, epoch).id(id).next_u64()
    }

    #[test]
    fn a_stream_is_its_name_and_nothing_else() {
        assert_eq!(first(1, "shuffle", 2, 3), first(1, "shuffle", 2, 3));
        let others = [
            first(2, "shuffle", 2, 3),
            first(1, "dropout", 2, 3),
            first(1, "shuffle", 3, 3),
            first(1, "shuffle", 2, 4),
        ];
        for other in others {
            assert_ne!(first(1, "shuffle", 2, 3), other);
        }
    }

    #[test]
    fn models_that_share_a_seed_draw_different_numbers() {
        assert_eq!(run_seed(3, "model-2"), run_seed(3, "model-2"));
        assert_ne!(run_seed(3, "model-2"), run_seed(3, "model-3"));
        assert_ne!(run_seed(3, "model-2"), run_seed(4, "model-2"));
    }

    #[test]
    fn numbers_stay_the_same_from_release_to_release() {
        let drawn: f64 = Streams::new(0, "augment", 0).id(0).random();
        assert_eq!(format!("{drawn:.12}"), "0.180892417857");
    }
}
