"""Writes the Keras values that residual networks and what trains them are tested against.

    pip install tensorflow-cpu safetensors
    python make_network_reference.py OUT_DIR [SEED]

Arrays have PyTorch's order, as in make_reference.py. Names count the layers of a kind in the order of their
creation; the projection of a shortcut comes after the convolutions of its block.

All arithmetic is in float64, so that the values are Keras's formulas without the rounding of TensorFlow's
float32 kernels; images and initial weights are numbers of float32.
"""
import json, os, sys
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import keras
from keras import layers, ops, optimizers
import tensorflow as tf
from safetensors.numpy import save_file

keras.config.set_floatx("float64")
out_dir, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
os.makedirs(out_dir, exist_ok=True)
rng = np.random.default_rng(seed)
KEPT = []


class Named:
    """A network under construction, with the name of each layer that has weights."""

    def __init__(self, shape):
        self.x = self.inputs = keras.Input(shape)
        self.count, self.layers, self.flat = {}, [], None

    def add(self, layer, x=None, kind=None):
        if kind:
            self.count[kind] = self.count.get(kind, 0) + 1
            self.layers.append((f"{kind}{self.count[kind]}", layer))
        return layer(self.x if x is None else x)

    def conv(self, n, size=3, strides=1, bias=False, x=None):
        return self.add(layers.Conv2D(n, size, strides=strides, padding="same", use_bias=bias), x, "conv")

    def bn(self, x, scale=True):
        return self.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5, scale=scale), x, "bn")

    def dense(self, n, x, bias=True):
        return self.add(layers.Dense(n, use_bias=bias), x, "fc")

    def named(self, values=None):
        out = []
        for name, layer in self.layers:
            for w in layer.weights:
                v = np.asarray(values[id(w)] if values is not None else w)
                if w.name == "kernel":
                    v = v.transpose(3, 2, 0, 1) if v.ndim == 4 else v.T
                end = {"kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias",
                       "moving_mean": "running_mean", "moving_variance": "running_var"}[w.name]
                out.append((f"{name}.{end}", np.ascontiguousarray(v, dtype=np.float32)))
        return out


def randomise(model):
    for w in model.weights:
        s = tuple(w.shape)
        if w.name == "kernel":
            w.assign(rng.normal(0, 1 / np.sqrt(np.prod(s[:-1])), s).astype(np.float32))
        elif w.name == "gamma":
            w.assign(rng.uniform(0.5, 1.5, s).astype(np.float32))
        elif w.name == "moving_variance":
            w.assign(rng.uniform(0.5, 2.0, s).astype(np.float32))
        else:
            w.assign(rng.normal(0, 0.1, s).astype(np.float32))


def case(name, net, output, optimizer, loss_of, shape, classes=10, steps=4, batch=8, rates=None, note=""):
    model = keras.Model(net.inputs, output)
    randomise(model)
    x = rng.random((batch, *shape), dtype=np.float32)
    y = rng.integers(0, classes, batch)
    data = {"x": x.transpose(0, 3, 1, 2).copy(), "y": y.astype(np.int64)}
    for k, v in net.named():
        data[f"initial.{k}"] = v
    data["inference_logits"] = np.asarray(model(x, training=False), np.float32)
    optimizer.build(model.trainable_variables)
    excluded = getattr(optimizer, "_excluded", None)
    if excluded:
        optimizer.exclude_from_weight_decay(var_names=excluded)
    losses = []
    for step in range(steps):
        if rates is not None:
            optimizer.learning_rate = rates[step]
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            loss = loss_of(y, logits)
        grads = tape.gradient(loss, model.trainable_variables)
        if step == 0:
            data["training_logits"] = np.asarray(logits, np.float32)
            values = {id(w): np.zeros(w.shape) for w in model.weights}
            values |= {id(w): np.asarray(g) for w, g in zip(model.trainable_variables, grads)}
            for k, v in net.named(values):
                if "running" not in k:
                    data[f"gradient.{k}"] = v
        losses.append(float(loss))
        optimizer.apply(grads, model.trainable_variables)
        for k, v in net.named():
            data[f"step{step + 1}.{k}"] = v
        if getattr(optimizer, "use_ema", False):
            values = {id(w): np.asarray(w) for w in model.weights}
            values |= {id(w): np.asarray(a) for w, a in
                       zip(model.trainable_variables, optimizer._model_variables_moving_average)}
            for k, v in net.named(values):
                if "running" not in k:
                    data[f"ema{step + 1}.{k}"] = v
    data["loss"] = np.array(losses, np.float32)
    if rates is not None:
        data["learning_rate"] = np.array(rates, np.float32)
    config = {k: v for k, v in optimizer.get_config().items() if isinstance(v, (int, float, str, bool))}
    save_file(data, os.path.join(out_dir, f"{name}.safetensors"),
              metadata={"keras": keras.__version__, "seed": str(seed), "note": note, "optimizer": json.dumps(config)})


def smoothed(s, classes=10):
    f = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=s)
    return lambda y, logits: f(ops.one_hot(y, classes), logits)


def plain(y, logits):
    return ops.mean(keras.losses.sparse_categorical_crossentropy(y, logits, from_logits=True))


def residual(net, n, x, activation="relu", projection=False, strides=1):
    y = net.bn(net.conv(n, strides=strides, x=x))
    y = layers.Activation(activation)(y)
    y = net.bn(net.conv(n, x=y))
    if projection:
        x = net.bn(net.conv(n, size=1, strides=strides, x=x))
    return layers.Activation(activation)(layers.Add()([x, y]))


# 1. a residual network on an odd-sized map with two channels, seven classes
net = Named((9, 7, 2))
h = layers.Activation("relu")(net.bn(net.conv(4)))
h = residual(net, 4, h)
h = residual(net, 6, h, projection=True, strides=2)
h = net.dense(7, layers.GlobalAveragePooling2D()(h))
sgd = optimizers.SGD(learning_rate=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4, use_ema=True, ema_momentum=0.9)
sgd._excluded = ["gamma", "beta", "bias"]
case("residual_sgd_ema", net, h, sgd, smoothed(0.1, 7), (9, 7, 2), classes=7, rates=[0.02, 0.1, 0.05, 0.0125],
     note="label_smoothing 0.1; decoupled weight decay on kernels only; rate set before each step; ema of trainables")

# 2. gelu and silu, global max pooling, scale=False, rescaled logits, AdamW
net = Named((8, 8, 3))
h = layers.Activation("gelu")(net.bn(net.conv(4), scale=False))
h = layers.MaxPooling2D(2)(h)
h = layers.Activation("silu")(net.bn(net.conv(5, x=h), scale=False))
h = layers.Rescaling(1 / 9)(net.dense(10, layers.GlobalMaxPooling2D()(h), bias=False))
adamw = optimizers.AdamW(learning_rate=0.01, weight_decay=0.05)
adamw._excluded = ["gamma", "beta", "bias"]
case("activations_adamw", net, h, adamw, plain, (8, 8, 3), note="gelu is the exact one (erf); logits divided by 9")

# 3. class weights as Model.fit's class_weight applies them: sum of weighted losses / batch size
weights = np.array([1, 1, 2, 1, 2, 1, 4, 1, 1, 0.5], np.float32)


def weighted(y, logits):
    f = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return f(y, logits, sample_weight=weights[y])


net = Named((6, 6, 1))
h = net.dense(10, layers.Flatten()(layers.Activation("relu")(net.conv(3, bias=True))))
case("class_weights_adam", net, h, optimizers.Adam(), weighted, (6, 6, 1), batch=16,
     note="class_weight " + json.dumps(weights.tolist()) + "; the (H, W, C) flatten of fc1 is not permuted")

# 4. schedules by step
cosine = optimizers.schedules.CosineDecay(0.0, decay_steps=20, alpha=0.05, warmup_target=0.4, warmup_steps=5)
save_file({"cosine_decay_warmup": np.array([float(cosine(i)) for i in range(30)], np.float32)},
          os.path.join(out_dir, "schedules.safetensors"),
          metadata={"cosine_decay_warmup": "CosineDecay(0.0, decay_steps=20, alpha=0.05, warmup_target=0.4, warmup_steps=5), steps 0..30"})
print(sorted(os.listdir(out_dir)))
