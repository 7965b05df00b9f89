"""Writes the Keras values that networks and optimizers are tested against.

    pip install tensorflow-cpu safetensors
    python make_reference.py OUT_DIR [SEED]

Every array is written in PyTorch order: images (N, C, H, W), convolution kernels
(out, in, kh, kw), dense kernels (out, in). Keras keeps NHWC; the flatten before the
first dense layer is therefore permuted here so that a row-major (C, H, W) flatten
gives the same numbers.

All arithmetic is in float64, so that the values are Keras's formulas without the rounding of TensorFlow's
float32 kernels; images and initial weights are numbers of float32.
"""
import json, math, os, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import keras
from keras import layers, ops, optimizers
import tensorflow as tf
from safetensors.numpy import save_file

keras.config.set_floatx("float64")
out_dir = sys.argv[1]
seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
os.makedirs(out_dir, exist_ok=True)
rng = np.random.default_rng(seed)


def build(filters, dense, batch_norm=False, pool="max"):
    x = inputs = keras.Input((28, 28, 1))
    for i, n in enumerate(filters):
        x = layers.Conv2D(n, 3, activation="relu")(x)
        if batch_norm:
            x = layers.BatchNormalization()(x)
        if i < 2:
            x = (layers.MaxPooling2D if pool == "max" else layers.AveragePooling2D)(2)(x)
    x = layers.Flatten()(x)
    for n in dense:
        x = layers.Dense(n, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10)(x))


def mlp():
    x = inputs = keras.Input((28, 28, 1))
    x = layers.Flatten()(x)
    x = layers.Dense(4, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10)(x))


def named_parameters(model, arrays=None):
    """(name, array in PyTorch order) for every weight; `arrays` replaces the values."""
    named, conv, bn, dense, shape = [], 0, 0, 0, None
    values = iter(arrays) if arrays is not None else None
    for layer in model.layers:
        if isinstance(layer, layers.Flatten):
            shape = layer.input.shape[1:]
        for w in layer.weights:
            v = np.asarray(next(values) if values is not None else w)
            kind = w.name
            if isinstance(layer, layers.Conv2D):
                name = f"conv{conv + 1}.{'weight' if kind == 'kernel' else 'bias'}"
                v = v.transpose(3, 2, 0, 1) if kind == "kernel" else v
            elif isinstance(layer, layers.BatchNormalization):
                name = f"bn{bn + 1}." + {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean",
                                         "moving_variance": "running_var"}[kind]
            else:
                name = f"fc{dense + 1}.{'weight' if kind == 'kernel' else 'bias'}"
                if kind == "kernel":
                    if shape is not None:
                        h, wd, c = shape
                        v = v.reshape(h, wd, c, -1).transpose(2, 0, 1, 3).reshape(h * wd * c, -1)
                        shape = None
                    v = v.T
            named.append((name, np.ascontiguousarray(v, dtype=np.float32)))
        conv += isinstance(layer, layers.Conv2D)
        bn += isinstance(layer, layers.BatchNormalization)
        dense += isinstance(layer, layers.Dense)
    return named


def randomise(model):
    for w in model.weights:
        s = tuple(w.shape)
        if w.name in ("kernel",):
            fan = np.prod(s[:-1])
            w.assign(rng.normal(0, 1 / math.sqrt(fan), s).astype(np.float32))
        elif w.name == "gamma":
            w.assign(rng.uniform(0.5, 1.5, s).astype(np.float32))
        elif w.name == "moving_variance":
            w.assign(rng.uniform(0.5, 2.0, s).astype(np.float32))
        else:
            w.assign(rng.normal(0, 0.1, s).astype(np.float32))


def training_case(name, model, optimizer, steps=4, batch=8):
    """One fixed batch, `steps` full training steps: logits, loss, first gradients, weights after each step."""
    randomise(model)
    x = rng.random((batch, 28, 28, 1), dtype=np.float32)
    y = rng.integers(0, 10, batch)
    data = {"x": x.transpose(0, 3, 1, 2).copy(), "y": y.astype(np.int64)}
    for k, v in named_parameters(model):
        data[f"initial.{k}"] = v
    data["inference_logits"] = np.asarray(model(x, training=False), np.float32)
    optimizer.build(model.trainable_variables)
    losses = []
    for step in range(steps):
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = ops.mean(keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True))
        grads = tape.gradient(loss, model.trainable_variables)
        if step == 0:
            data["training_logits"] = np.asarray(logits, np.float32)
            trainable = iter([np.asarray(g) for g in grads])
            full = [next(trainable) if any(w is t for t in model.trainable_variables) else np.zeros(w.shape) for w in model.weights]
            for k, v in named_parameters(model, full):
                if "running" not in k:
                    data[f"gradient.{k}"] = v
        losses.append(float(loss))
        optimizer.apply(grads, model.trainable_variables)
        for k, v in named_parameters(model):
            data[f"step{step + 1}.{k}"] = v
    data["loss"] = np.array(losses, np.float32)
    save_file(data, os.path.join(out_dir, f"{name}.safetensors"),
              metadata={"keras": keras.__version__, "seed": str(seed), "optimizer": json.dumps(
                  {k: v for k, v in optimizer.get_config().items() if isinstance(v, (int, float, str, bool))})})


training_case("cnn_adam", build([4, 5, 6], [9, 7]), optimizers.Adam())
training_case("cnn_batch_norm_adam", build([4, 5, 6], [9, 7], batch_norm=True), optimizers.Adam())
training_case("cnn_average_pool_adam", build([4, 5, 6], [9], pool="average"), optimizers.Adam())
training_case("mlp_adam", mlp(), optimizers.Adam())
for label, opt in {"sgd": optimizers.SGD(), "sgd_momentum": optimizers.SGD(momentum=0.9),
                   "sgd_nesterov": optimizers.SGD(momentum=0.9, nesterov=True), "rmsprop": optimizers.RMSprop(),
                   "adadelta": optimizers.Adadelta(learning_rate=1.0), "adamax": optimizers.Adamax(),
                   "adamw": optimizers.AdamW(weight_decay=0.3)}.items():
    training_case(f"mlp_{label}", mlp(), opt, steps=5, batch=4)
