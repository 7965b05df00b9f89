"""Times whole training steps of Keras and PyTorch on the models of the study and on two networks more.

    pip install -r requirements.txt
    python peers.py [--threads N] [--seconds S] [--models model-1,model-7] [--ours BINARY]

A step is forward, loss, backward and update on a batch that already lies in memory, in f32; dropout
and batch normalisation are on. The models of the study use Adam; resnet-20 and vgg-64-256-256 (those of
`../training_step/networks.toml`) use SGD with Nesterov momentum and label smoothing. Each framework runs in a process of its own, one after another,
model by model, so that they meet the machine in the same state. With `--ours` (the path of the
`training_step` benchmark that `cargo bench --workspace --bench training_step --no-run` prints) the project's own figure
stands in the same table with its ratio to the fastest peer.
"""

import argparse
import os
import platform
import subprocess
import sys
import time

MODELS = {
    # name: (filters, batch normalisation, dense units, dropout rates, batch size)
    "model-1": ([32, 64, 64], False, [64], [], 64),
    "model-2": ([32, 64, 128], False, [128, 64], [0.5], 64),
    "model-4": ([32, 64, 128], True, [256, 128], [0.4, 0.3], 64),
    "model-6": ([64, 128, 256], True, [512, 256], [0.4, 0.3], 64),
    "model-7": ([64, 128, 256], False, [256, 128], [0.2], 128),
    "model-8": ([], False, [256], [], 64),
}
# The names of networks with layers beyond those: name: batch size
NETWORKS = {"resnet-20": 128, "vgg-64-256-256": 256}
PEERS = ["keras", "keras-jit", "torch", "torch-channels-last", "torch-bf16"]
# bf16 stands beside the f32 figures and is not what the ratio is taken of.
F32_PEERS = [peer for peer in PEERS if not peer.endswith("bf16")]


def rate(step, batch_size, seconds):
    """Images a second: the fastest of many short windows, after a warm-up."""
    for _ in range(5):
        step()
    best, end = 0.0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        start, steps = time.perf_counter(), 0
        while time.perf_counter() - start < 0.5:
            step()
            steps += 1
        best = max(best, steps * batch_size / (time.perf_counter() - start))
    return best


def keras_model(filters, batch_norm, dense, dropout):
    import keras
    from keras import layers

    stack = [keras.Input((28, 28, 1))]
    for index, count in enumerate(filters):
        stack.append(layers.Conv2D(count, 3, activation="relu"))
        if batch_norm:
            stack.append(layers.BatchNormalization())
        if index < 2:
            stack.append(layers.MaxPooling2D(2))
    stack.append(layers.Flatten())
    for index, units in enumerate(dense):
        stack.append(layers.Dense(units, activation="relu"))
        if index < len(dropout):
            stack.append(layers.Dropout(dropout[index]))
    stack.append(layers.Dense(10, activation="softmax"))
    return keras.Sequential(stack)


def keras_resnet_20(x):
    from keras import layers

    def normalised(x, filters, size, strides=1):
        x = layers.Conv2D(filters, size, strides, "same", use_bias=False)(x)
        return layers.BatchNormalization()(x)

    x = layers.ReLU()(normalised(x, 16, 3))
    for filters in (16, 32, 64):
        for block in range(3):
            strides = 2 if filters > 16 and block == 0 else 1
            shortcut = normalised(x, filters, 1, strides) if strides == 2 else x
            y = layers.ReLU()(normalised(x, filters, 3, strides))
            x = layers.ReLU()(layers.Add()([normalised(y, filters, 3), shortcut]))
    return layers.Dense(10)(layers.GlobalAveragePooling2D()(x))


def keras_vgg(x):
    from keras import layers

    def convolution(x, filters):
        return layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)

    def activated(x):
        return layers.Activation("gelu")(layers.BatchNormalization()(x))

    x = layers.Conv2D(32, 3, padding="same", activation="gelu")(x)
    for filters in (64, 256, 256):
        x = activated(layers.MaxPooling2D(2)(convolution(x, filters)))
        x = activated(convolution(x, filters))
    return layers.Dense(10, use_bias=False)(layers.GlobalMaxPooling2D()(x))


def keras_rate(name, threads, seconds, jit):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import numpy as np
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    import keras
    from keras import layers

    if name in NETWORKS:
        batch_size, x = NETWORKS[name], keras.Input((28, 28, 1))
        logits = keras_resnet_20(x) if name == "resnet-20" else keras_vgg(x)
        model = keras.Model(x, layers.Activation("softmax")(logits))
        optimizer = keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True)
        loss_of = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    else:
        batch_size, model = MODELS[name][-1], keras_model(*MODELS[name][:-1])
        optimizer = keras.optimizers.Adam()
        loss_of = keras.losses.SparseCategoricalCrossentropy()
    optimizer.build(model.trainable_variables)
    rng = np.random.default_rng(0)
    x = tf.constant(rng.random((batch_size, 28, 28, 1), dtype=np.float32))
    y = tf.constant(rng.integers(0, 10, batch_size))
    if name in NETWORKS:
        y = tf.one_hot(y, 10)

    @tf.function(jit_compile=jit)
    def step():
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return loss

    return rate(lambda: float(step()), batch_size, seconds)


def torch_model(filters, batch_norm, dense, dropout):
    from torch import nn

    stack, channels = [], 1
    for index, count in enumerate(filters):
        stack += [nn.Conv2d(channels, count, 3), nn.ReLU()]
        if batch_norm:
            stack.append(nn.BatchNorm2d(count))
        if index < 2:
            stack.append(nn.MaxPool2d(2))
        channels = count
    stack.append(nn.Flatten())
    inputs = channels * 9 if filters else 784
    for index, units in enumerate(dense):
        stack += [nn.Linear(inputs, units), nn.ReLU()]
        if index < len(dropout):
            stack.append(nn.Dropout(dropout[index]))
        inputs = units
    return nn.Sequential(*stack, nn.Linear(inputs, 10))


def torch_resnet_20():
    from torch import nn

    def normalised(inputs, filters, size, stride=1):
        convolution = nn.Conv2d(inputs, filters, size, stride, size // 2, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(filters))

    class Block(nn.Module):
        def __init__(self, inputs, filters, stride):
            super().__init__()
            self.first = normalised(inputs, filters, 3, stride)
            self.second = normalised(filters, filters, 3)
            self.shortcut = normalised(inputs, filters, 1, stride) if stride == 2 else nn.Identity()

        def forward(self, x):
            y = self.second(self.first(x).relu_())
            return (y + self.shortcut(x)).relu_()

    stack, inputs = [normalised(1, 16, 3), nn.ReLU(inplace=True)], 16
    for filters in (16, 32, 64):
        for block in range(3):
            stack.append(Block(inputs, filters, 2 if filters > 16 and block == 0 else 1))
            inputs = filters
    return nn.Sequential(*stack, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def torch_vgg():
    from torch import nn

    def activated(filters):
        return [nn.BatchNorm2d(filters), nn.GELU()]

    stack, inputs = [nn.Conv2d(1, 32, 3, padding=1), nn.GELU()], 32
    for filters in (64, 256, 256):
        stack += [nn.Conv2d(inputs, filters, 3, padding=1, bias=False), nn.MaxPool2d(2), *activated(filters)]
        stack += [nn.Conv2d(filters, filters, 3, padding=1, bias=False), *activated(filters)]
        inputs = filters
    return nn.Sequential(*stack, nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(256, 10, bias=False))


def torch_rate(name, threads, seconds, channels_last, bf16):
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    if name in NETWORKS:
        batch_size = NETWORKS[name]
        model = torch_resnet_20() if name == "resnet-20" else torch_vgg()
    else:
        batch_size, model = MODELS[name][-1], torch_model(*MODELS[name][:-1])
    x = torch.rand(batch_size, 1, 28, 28)
    y = torch.randint(0, 10, (batch_size,))
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    if name in NETWORKS:
        optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, nesterov=True, fused=True)
        loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
    else:
        optimizer = torch.optim.Adam(model.parameters(), eps=1e-7, fused=True)
        loss_of = nn.CrossEntropyLoss()

    def step():
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return rate(step, batch_size, seconds)


def measure(peer, name, threads, seconds):
    if peer.startswith("keras"):
        return keras_rate(name, threads, seconds, peer == "keras-jit")
    return torch_rate(name, threads, seconds, peer != "torch", peer == "torch-bf16")


def ours_rate(binary, name, threads):
    """The benchmark prints a line `model batch threads images/s GFLOP/s` for 1 and for all threads."""
    output = subprocess.run([binary, name], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in output.splitlines() if line.startswith(f"{name} ")]
    return max(float(row[3]) for row in rows if int(row[2]) == threads)


def child_rate(peer, name, arguments):
    command = [sys.executable, __file__, "--child", peer, "--models", name,
               "--threads", str(arguments.threads), "--seconds", str(arguments.seconds)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(f"{peer} on {name} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return float(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--models", default=",".join([*MODELS, *NETWORKS]))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--ours")
    parser.add_argument("--child", choices=PEERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    names, peers = arguments.models.split(","), arguments.peers.split(",")
    if arguments.child:
        print(measure(arguments.child, names[0], arguments.threads, arguments.seconds))
        return
    print(f"{platform.machine()}, {arguments.threads} threads, images a second of whole training steps\n")
    columns = ["model", *peers] + (["ours", "ours / fastest f32 peer"] if arguments.ours else [])
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for name in names:
        rates = {peer: child_rate(peer, name, arguments) for peer in peers}
        cells = [name] + ["-" if value is None else f"{value:,.0f}" for value in rates.values()]
        if arguments.ours:
            ours = ours_rate(arguments.ours, name, arguments.threads)
            fastest = max((rates[peer] or 0.0 for peer in peers if peer in F32_PEERS), default=0.0)
            cells += [f"{ours:,.0f}", f"{ours / fastest:.2f}" if fastest else "-"]
        print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
