"""Reads the event file of a training with TensorBoard's own reader: `check_events.py RUN_FOLDER`

Its curves are the columns of history.parquet, each epoch once, and the settings, the spec and the end of the
run are there. Prints the tags of histograms.
"""

import sys

import numpy as np
import pyarrow.parquet as pq
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

COLUMNS = {
    "loss/train": "train_loss",
    "loss/validation": "validation_loss",
    "accuracy/train": "train_accuracy",
    "accuracy/validation": "validation_accuracy",
    "learning_rate": "learning_rate",
}
FINAL = {
    "final/train_loss": "train_inference_loss",
    "final/train_accuracy": "train_inference_accuracy",
    "final/validation_loss": "validation_loss",
    "final/validation_accuracy": "validation_accuracy",
}


def hparams(events, tag):
    event = events.SummaryMetadata(tag)
    data = plugin_data_pb2.HParamsPluginData.FromString(event.plugin_data.content)
    assert event.plugin_data.plugin_name == "hparams"
    return data


def main(folder):
    events = EventAccumulator(folder, size_guidance={"scalars": 0, "tensors": 0, "histograms": 0})
    events.Reload()
    history = pq.read_table(f"{folder}/history.parquet").to_pydict()
    scalars = {tag: events.Scalars(tag) for tag in events.Tags()["scalars"]}
    assert set(scalars) == set(COLUMNS) | set(FINAL) | {"images_per_s"}, sorted(scalars)
    for tag, column in COLUMNS.items():
        assert [event.step for event in scalars[tag]] == history["epoch"], tag
        values = [event.value for event in scalars[tag]]
        # A learning rate that is halved for ever leaves the range of f32.
        np.testing.assert_allclose(values, history[column], rtol=1e-6, atol=1e-30, err_msg=tag)
    for tag, column in FINAL.items():
        (event,) = scalars[tag]
        assert event.step == history["epoch"][-1], tag
        np.testing.assert_allclose(event.value, history[column][-1], rtol=1e-6, err_msg=tag)
    times = [event.wall_time for event in scalars["loss/train"]]
    assert times == sorted(times), times
    (text,) = events.Tensors("spec")
    assert b"[[model]]" in text.tensor_proto.string_val[0]
    start = hparams(events, "_hparams_/session_start_info").session_start_info
    assert start.hparams["batch_size"].number_value == 64
    assert start.hparams["optimizer.name"].string_value, start
    end = hparams(events, "_hparams_/session_end_info").session_end_info
    assert end.status == 1, end
    for tag in sorted(events.Tags()["histograms"]):
        steps = [event.step for event in events.Histograms(tag)]
        assert all(sum(event.histogram_value.bucket) for event in events.Histograms(tag))
        print(tag, steps)


main(sys.argv[1])
