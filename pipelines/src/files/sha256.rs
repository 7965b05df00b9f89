//! SHA-256 as lowercase hexadecimal text, the identity of every artifact.

use sha2::{Digest, Sha256};

/// Hash of `bytes` as 64 lowercase hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut hash = StreamHash::default();
    hash.add(bytes);
    hash.hex()
}

/// The hash of bytes that come one piece after another.
#[derive(Clone, Debug, Default)]
pub struct StreamHash(Sha256);

impl StreamHash {
    /// Adds the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all bytes so far, as [`hex`] writes it.
    pub fn hex(self) -> String {
        let digest = self.0.finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn pieces_have_the_hash_of_the_whole() {
        let mut hash = super::StreamHash::default();
        hash.add(b"Fashion-");
        hash.add(b"");
        hash.add(b"MNIST");
        assert_eq!(hash.hex(), super::hex(b"Fashion-MNIST"));
    }

    #[test]
    fn hash_of_the_empty_string_is_the_published_one() {
        assert_eq!(
            super::hex(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
