"""Checks exported models: `check_onnx.py test.parquet MODEL.onnx PREDICTIONS.parquet ...`

onnx.checker accepts each, its metadata are there, and onnxruntime gives the probabilities of our own
predictions of the test images to 1e-5, in batches of any size. Prints the largest difference of each model.
"""

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pyarrow.parquet as pq

TOLERANCE = 1e-5


def test_images(path):
    """(N, C, H, W), f32 in 0..=255."""
    table = pq.read_table(path)
    info = json.loads(pq.read_metadata(path).metadata[b"dataset_info"])
    images = table["image"].combine_chunks().to_numpy_ndarray().astype(np.float32)
    if images.ndim == 3:
        images = images[..., None]
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)), info


def our_probabilities(path):
    table = pq.read_table(path)
    rows = table.filter(np.array([split == "test" for split in table["split"].to_pylist()]))
    return np.stack(rows["probabilities"].to_pylist()).astype(np.float32)


def check(images, info, model_path, predictions_path):
    model = onnx.load(model_path)
    onnx.checker.check_model(model, full_check=True)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(metadata["class_names"]) == info["class_names"], metadata
    assert json.loads(metadata["spec"])["model"]["name"] in model_path, metadata
    assert len(metadata["weights_sha256"]) == 64, metadata
    assert json.loads(metadata["made_from"])["inputs"], metadata
    session = onnxruntime.InferenceSession(model_path, providers=["CPUExecutionProvider"])
    expected = our_probabilities(predictions_path)
    sizes = [1, 7, len(images)]
    firsts = [0, 1, 8]
    found = [
        session.run(["probabilities"], {"pixels": images[first : first + size]})[0]
        for first, size in zip(firsts, sizes)
    ]
    found = np.concatenate(found)
    assert found.shape == expected.shape, (found.shape, expected.shape)
    assert expected.max() - expected.min() > 0.1, "the model says nothing"
    return np.abs(found - expected).max()


def main():
    images, info = test_images(sys.argv[1])
    failed = False
    for model, predictions in zip(sys.argv[2::2], sys.argv[3::2]):
        difference = check(images, info, model, predictions)
        print(f"{model}: {difference:.2e}")
        failed |= not difference <= TOLERANCE
    sys.exit(f"expected at most {TOLERANCE}" if failed else 0)


main()
