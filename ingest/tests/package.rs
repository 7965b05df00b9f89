//! Invalid Debian packages, and a valid one.

use std::path::Path;

use expect_test::{Expect, expect};
use ingest::fashion_mnist::unpack;
use ingest::idx_file::FASHION_MNIST;
use tar::{Builder, EntryType, Header};

const FOLDER: &str = "./usr/share/datasets/fashion-mnist";

/// An archive of several entries. Names are copied into the header unchanged, because the library's
/// own writer rejects some of them.
#[derive(Default)]
struct Package(Vec<u8>);

impl Package {
    fn entry(self, name: &str, kind: EntryType, link: &str, contents: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(contents.len() as u64);
        if !link.is_empty() {
            header.set_link_name(link).unwrap();
        }
        header.set_cksum();
        let mut builder = Builder::new(self.0);
        builder.append(&header, contents).unwrap();
        // Without the end marker further entries can follow.
        let mut bytes = builder.into_inner().unwrap();
        bytes.truncate(bytes.len() - 1024);
        Self(bytes)
    }

    fn file(self, name: &str, contents: &[u8]) -> Self {
        self.entry(name, EntryType::Regular, "", contents)
    }

    /// The four files, each holding its own name.
    fn files(self) -> Self {
        FASHION_MNIST.iter().fold(self, |package, file| {
            package.file(&format!("{FOLDER}/{}.gz", file.name), file.name.as_bytes())
        })
    }

    fn unpack(self) -> Result<Vec<Vec<u8>>, String> {
        let end = [0; 1024];
        let tar = [&self.0[..], &end].concat();
        match unpack(Path::new("package.deb"), &tar[..], &FASHION_MNIST) {
            Ok(files) => Ok(files.into_iter().map(|file| file.bytes).collect()),
            Err(error) => Err(format!("{error:#}")),
        }
    }
}

fn check(package: Package, expected: Expect) {
    expected.assert_eq(&package.unpack().unwrap_err());
}

#[test]
fn only_the_four_files_are_read() {
    let package = Package::default()
        .entry("./usr/", EntryType::Directory, "", b"")
        .file("./usr/share/doc/README", b"words")
        .entry(
            "./usr/share/doc/link",
            EntryType::Symlink,
            "/etc/passwd",
            b"",
        )
        .files();
    let names = FASHION_MNIST.map(|file| file.name.as_bytes().to_vec());
    assert_eq!(package.unpack().unwrap(), names);
}

#[test]
fn a_missing_file_is_named() {
    check(
        Package::default().file("./usr/share/doc/README", b""),
        expect![
            "package.deb: usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz is not in it"
        ],
    );
}

#[test]
fn names_that_leave_the_archive_are_rejected() {
    check(
        Package::default().file("../../etc/passwd", b"x").files(),
        expect!["package.deb: name: expected paths inside the archive, found ../../etc/passwd"],
    );
    check(
        Package::default().files().file("./usr/../../x", b"x"),
        expect!["package.deb: name: expected paths inside the archive, found ./usr/../../x"],
    );
    check(
        Package::default().file("/etc/passwd", b"x").files(),
        expect!["package.deb: name: expected paths inside the archive, found /etc/passwd"],
    );
}

#[test]
fn links_instead_of_files_are_rejected() {
    let name = format!("{FOLDER}/train-images-idx3-ubyte.gz");
    for kind in [EntryType::Symlink, EntryType::Link] {
        let package = Package::default().entry(&name, kind, "/etc/passwd", b"");
        let error = package.unpack().unwrap_err();
        assert!(
            error.contains("type: expected a regular file, found"),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_appears_twice_is_rejected() {
    check(
        Package::default().files().files(),
        expect![
            "package.deb/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz: name: expected once, found twice"
        ],
    );
}

#[test]
fn a_file_that_is_too_large_is_rejected_before_it_is_read() {
    let name = format!("{FOLDER}/t10k-labels-idx1-ubyte.gz");
    check(
        Package::default().file(&name, &[0; 20_000]),
        expect![
            "package.deb/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz: file size: expected at most 14114 bytes, found 20000 bytes"
        ],
    );
}

#[test]
fn bytes_that_are_not_an_archive_are_rejected() {
    let unpacked = unpack(Path::new("package.deb"), &[7u8; 2_000][..], &FASHION_MNIST);
    let error = unpacked.unwrap_err().to_string();
    assert_eq!(error, "package.deb: expected a tar archive");
}
