//! Downloads from a server that the tests start.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};

use super::*;
use crate::bundled;
use crate::data_set::DataSet;
use crate::idx_file::BUNDLED;

/// The responses to the requests for each file, in order; the last one is repeated.
type Responses = HashMap<String, Vec<(u16, Vec<u8>)>>;

/// The files of the bundled subset.
fn bundled() -> Responses {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    BUNDLED
        .iter()
        .map(|file| {
            let name = format!("{}.gz", file.name);
            let bytes = fs::read(folder.join(&name)).unwrap();
            (name, vec![(200, bytes)])
        })
        .collect()
}

/// Starts a server with `responses`: its address, and the names of the requested files.
fn serve(mut responses: Responses) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (requested, names) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let request = lines.next().unwrap().unwrap();
            while lines
                .next()
                .is_some_and(|line| line.is_ok_and(|line| !line.is_empty()))
            {}
            let name = request.split(['/', ' ']).nth(2).unwrap().to_owned();
            let (status, body) = match responses.get_mut(&name) {
                Some(responses) if responses.len() > 1 => responses.remove(0),
                Some(responses) => responses[0].clone(),
                None => (404, Vec::new()),
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            // Sent before the response, so that the name is there when the response is.
            if requested.send(name).is_err() {
                break;
            }
            // Some tests close the connection early.
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(&body));
        }
    });
    (address, names)
}

fn kept(raw: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(raw)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

#[test]
fn valid_files_are_kept_and_not_requested_again() {
    let raw = tempfile::tempdir().unwrap();
    let (address, names) = serve(bundled());
    fill(raw.path(), &BUNDLED, &bundled::info(), &address).unwrap();
    let data: DataSet = folder::data_set(raw.path(), &BUNDLED, &bundled::info()).unwrap();
    assert_eq!((data.train.len(), data.test.len()), (2_000, 1_000));
    assert_eq!(names.try_iter().count(), 4);
    fs::remove_file(raw.path().join("t10k-images-idx3-ubyte.gz")).unwrap();
    fs::write(raw.path().join("train-labels-idx1-ubyte.gz"), "damaged").unwrap();
    fill(raw.path(), &BUNDLED, &bundled::info(), &address).unwrap();
    folder::data_set(raw.path(), &BUNDLED, &bundled::info()).unwrap();
    let again: Vec<_> = names.try_iter().collect();
    assert_eq!(
        again,
        ["train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz"]
    );
}

#[test]
fn another_file_of_the_right_name_is_rejected_and_not_kept() {
    let raw = tempfile::tempdir().unwrap();
    let mut responses = bundled();
    let swapped = responses["train-labels-idx1-ubyte.gz"].clone();
    responses.insert("t10k-labels-idx1-ubyte.gz".to_owned(), swapped);
    let (address, _names) = serve(responses);
    let error = fill(raw.path(), &BUNDLED, &bundled::info(), &address).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        format!("{address}/t10k-labels-idx1-ubyte.gz: number of labels: expected 1000, found 2000")
    );
    assert_eq!(
        kept(raw.path()),
        [
            "t10k-images-idx3-ubyte.gz",
            "train-images-idx3-ubyte.gz",
            "train-labels-idx1-ubyte.gz"
        ]
    );
}

#[test]
fn a_server_error_is_retried() {
    let raw = tempfile::tempdir().unwrap();
    let mut responses = bundled();
    let labels = responses.get_mut("train-labels-idx1-ubyte.gz").unwrap();
    labels.insert(0, (503, Vec::new()));
    let (address, names) = serve(responses);
    fill(raw.path(), &BUNDLED, &bundled::info(), &address).unwrap();
    assert_eq!(names.try_iter().count(), 5);
}

#[test]
fn a_missing_file_is_not_requested_again() {
    let raw = tempfile::tempdir().unwrap();
    let (address, names) = serve(Responses::new());
    let error = fill(raw.path(), &BUNDLED, &bundled::info(), &address).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        "cannot get train-images-idx3-ubyte.gz: http status: 404"
    );
    assert_eq!(names.try_iter().count(), 1);
}

#[test]
fn a_download_stops_at_the_size_limit() {
    let raw = tempfile::tempdir().unwrap();
    let mut responses = bundled();
    responses.insert(
        "train-labels-idx1-ubyte.gz".to_owned(),
        vec![(200, vec![7; 1 << 20])],
    );
    let (address, _names) = serve(responses);
    let error = fill(raw.path(), &BUNDLED, &bundled::info(), &address).unwrap_err();
    assert_eq!(
        format!("{error:#}"),
        format!(
            "{address}/train-labels-idx1-ubyte.gz: file size: expected at most 6106 bytes, found more"
        )
    );
}
