//! The images that stand in when the full data cannot be had; they are part of the `ingest` program.

/// Path in the repository and SHA-256 of each file of the bundled subset.
pub const BUNDLED_SUBSET: [(&str, &str); 4] = [
    (
        "ingest/data/train-images-idx3-ubyte.gz",
        "b7c3abd154dada682e205f6c6f7370c8119559d8921bd22226705294d4ac2f49",
    ),
    (
        "ingest/data/train-labels-idx1-ubyte.gz",
        "d507ba91514b3d50a9b54b952639a0dc6f05ac1f97d8ebdd93a0504eda39fda4",
    ),
    (
        "ingest/data/t10k-images-idx3-ubyte.gz",
        "1660693c6885f292e2f271cf0423e45bdc52e9109d9c59e659deaa70823c0886",
    ),
    (
        "ingest/data/t10k-labels-idx1-ubyte.gz",
        "af7938be5719422e8517551bf2d75db4819f3cf74292f252f03a241bc5e2ba64",
    ),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::BUNDLED_SUBSET;
    use crate::files::sha256;

    #[test]
    fn the_hashes_are_those_of_the_files() {
        for (file, expected) in BUNDLED_SUBSET {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
            assert_eq!(
                sha256::hex(&std::fs::read(path).unwrap()),
                expected,
                "{file}"
            );
        }
    }
}
