use super::*;

fn epoch(epoch: u32) -> (EpochRecord, EpochTiming) {
    let record = EpochRecord {
        epoch,
        train_loss: 1.0 / f64::from(epoch),
        train_accuracy: 0.5,
        validation_loss: None,
        validation_accuracy: None,
        learning_rate: 0.001,
        train_inference_loss: None,
        train_inference_accuracy: None,
    };
    let timing = EpochTiming {
        epoch,
        duration_s: 1.0,
        images_per_s: 100.0,
    };
    (record, timing)
}

fn open(folder: &Path, done: u32) -> EventFile {
    let spec = Spec::load("smoke").unwrap();
    let (history, timings) = (1..=done).map(epoch).unzip();
    let progress = Progress {
        history,
        timings,
        validation_logits: None,
    };
    EventFile::open(folder, &spec, &spec.models[0], 0, &progress).unwrap()
}

/// The step of each record of the newest file.
fn steps(folder: &Path) -> Vec<i64> {
    let [path] = &files(folder).unwrap()[..] else {
        panic!("expected one event file");
    };
    let bytes = fs::read(path).unwrap();
    let mut rest = bytes.as_slice();
    let mut steps = Vec::new();
    while let Some((bytes, behind)) = split_first(rest) {
        steps.push(Event::decode(bytes).unwrap().step);
        rest = behind;
    }
    assert!(rest.is_empty(), "{} bytes behind the records", rest.len());
    steps
}

fn write_epochs(events: &mut EventFile, epochs: std::ops::RangeInclusive<u32>) {
    for number in epochs {
        let (record, timing) = epoch(number);
        events.epoch(&record, &timing, Vec::new()).unwrap();
    }
}

#[test]
fn a_resumed_run_leaves_one_curve() {
    let folder = tempfile::tempdir().unwrap();
    write_epochs(&mut open(folder.path(), 0), 1..=3);
    // The third epoch was written and its checkpoint was not.
    let mut events = open(folder.path(), 2);
    write_epochs(&mut events, 3..=4);
    events.end(Some(&epoch(4).0), true).unwrap();
    assert_eq!(steps(folder.path()), [0, 0, 0, 1, 2, 3, 4, 4]);
    // The run was killed between its end and its manifest.
    let mut events = open(folder.path(), 4);
    events.end(Some(&epoch(4).0), true).unwrap();
    assert_eq!(steps(folder.path()), [0, 0, 0, 1, 2, 3, 4, 4]);
}

#[test]
fn a_file_that_is_damaged_or_missing_is_made_again_from_the_history() {
    let folder = tempfile::tempdir().unwrap();
    write_epochs(&mut open(folder.path(), 0), 1..=2);
    let path = files(folder.path()).unwrap().remove(0);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    write_epochs(&mut open(folder.path(), 2), 3..=3);
    assert_eq!(steps(folder.path()), [0, 0, 0, 1, 2, 3]);
    fs::remove_file(files(folder.path()).unwrap().remove(0)).unwrap();
    open(folder.path(), 1);
    assert_eq!(steps(folder.path()), [0, 0, 0, 1]);
}

#[test]
fn a_run_that_begins_again_has_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    write_epochs(&mut open(folder.path(), 0), 1..=2);
    open(folder.path(), 0);
    assert_eq!(steps(folder.path()), [0, 0, 0]);
}
