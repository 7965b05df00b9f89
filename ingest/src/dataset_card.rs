//! The dataset card of Hugging Face: a README whose head in YAML tells `datasets.load_dataset` what lies
//! beside it. See <https://huggingface.co/docs/hub/datasets-cards>.

use std::fmt::Write;

use pipelines::files::layout::{TEST_FILE, TRAIN_FILE};
use pipelines::spec::dataset_info::DatasetInfo;
use pipelines::tables::overview::OverviewRow;
use pipelines::tables::split::Split;
use serde_json::json;

/// The text of the card of the data set called `name`, whose counts are in `overview`. `stand_in` says so
/// if it is not the data set that was asked for.
pub fn dataset_card(
    name: &str,
    info: &DatasetInfo,
    overview: &[OverviewRow],
    stand_in: Option<&str>,
) -> String {
    let mut labels = String::new();
    for (label, class) in info.class_names.iter().enumerate() {
        // A text of JSON is one of YAML.
        _ = writeln!(labels, "          '{label}': {}", json!(class));
    }
    let count = |split| {
        let rows = overview.iter().filter(|row| row.split == split);
        rows.map(|row| u64::from(row.images)).sum::<u64>()
    };
    let [train, validation, test] = [Split::Train, Split::Validation, Split::Test].map(count);
    let sides: Vec<String> = info
        .shape
        .tensor_shape()
        .iter()
        .map(ToString::to_string)
        .collect();
    let sides = sides.join(", ");
    let quoted = json!(name);
    let values = info.shape.len();
    let classes = info.class_count();
    let note = stand_in.map_or(String::new(), |note| {
        format!("\n**Not the data that were asked for**: {note}\n")
    });
    format!(
        r#"---
pretty_name: {quoted}
task_categories:
- image-classification
configs:
- config_name: default
  data_files:
  - split: train
    path: {TRAIN_FILE}
  - split: test
    path: {TEST_FILE}
dataset_info:
  features:
  - name: id
    dtype: uint32
  - name: split
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
{labels}  - name: image
    list: uint8
    length: {values}
---

# {name}
{note}
{train} training, {validation} validation and {test} test images of {classes} classes, as Atelier trains
on them. `{TRAIN_FILE}` has the training rows and then the validation rows, which the column `split` tells
apart; the rows of `{TEST_FILE}` are never trained on. An image is {values} levels of 0 (black) to 255, row by
row: ({sides}).

```python
from datasets import load_dataset

data = load_dataset("/path/to/this/folder")
training = data["train"].filter(lambda row: row["split"] == "train")
row = data["test"].with_format("numpy")[0]
image = row["image"].reshape({sides})
name = data["test"].features["label"].int2str(int(row["label"]))
```
"#
    )
}

#[cfg(test)]
mod tests {
    use pipelines::spec::dataset_info::ImageShape;

    use super::*;

    #[test]
    fn names_of_classes_are_texts_of_yaml() {
        let info = DatasetInfo {
            shape: ImageShape::new(4, 3, 3),
            class_names: vec!["yes".into(), "a: \"b\"\n---".into()],
        };
        let card = dataset_card("pets", &info, &[], Some("it is a part of it"));
        let labels =
            "          '0': \"yes\"\n          '1': \"a: \\\"b\\\"\\n---\"\n  - name: image\n";
        assert!(card.contains(labels), "{card}");
        assert!(card.contains("    length: 36\n"), "{card}");
        assert!(card.contains(".reshape(4, 3, 3)"), "{card}");
        assert!(card.contains("**Not the data that were asked for**: it is a part of it"));
        assert_eq!(card.matches("\n---\n").count(), 1);
    }
}
