//! SHA-256, whose lowercase hexadecimal text is the identity of every artifact.

use sha2::{Digest, Sha256};

/// Hash of `bytes`.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// Hash of `bytes` as 64 lowercase hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn hash_of_the_empty_string_is_the_published_one() {
        assert_eq!(
            super::hex(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
