"""Opens what `ingest` wrote with Hugging Face's datasets: `check_dataset.py FOLDER CACHE`

Its splits, class names and images are those of the Parquet files.
"""

import json
import sys

import datasets
import pyarrow.parquet as pq


def main(folder, cache):
    info = json.load(open(f"{folder}/dataset_info.json"))
    data = datasets.load_dataset(folder, cache_dir=cache)
    assert set(data) == {"train", "test"}, data
    for split, rows in data.items():
        table = pq.read_table(f"{folder}/{split}.parquet")
        assert rows.num_rows == table.num_rows
        assert rows.features["label"].names == info["class_names"]
        assert rows["label"][:] == table["label"].to_pylist()
        assert rows["split"][:] == table["split"].to_pylist()
        images = table["image"].combine_chunks().to_numpy_ndarray()
        row = rows.with_format("numpy")[5]
        assert (row["image"].reshape(images.shape[1:]) == images[5]).all()
    validation = data["train"].filter(lambda row: row["split"] == "validation")
    print(data["train"].num_rows, validation.num_rows, data["test"].num_rows)


main(*sys.argv[1:])
