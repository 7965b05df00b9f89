"""Writes first training logits and gradients of cnn_batch_norm_adam.safetensors in f64, by PyTorch.

    pip install torch safetensors
    python make_float64_reference.py DIR
"""
import os, sys
import torch
from torch.nn import functional as F
from safetensors.torch import load_file, save_file

data = load_file(os.path.join(sys.argv[1], "cnn_batch_norm_adam.safetensors"))
weights = {k.removeprefix("initial."): v.double().requires_grad_()
           for k, v in data.items() if k.startswith("initial.")}
x = data["x"].double()
for i in (1, 2, 3):
    x = F.conv2d(x, weights[f"conv{i}.weight"], weights[f"conv{i}.bias"]).relu()
    x = F.batch_norm(x, None, None, weights[f"bn{i}.weight"], weights[f"bn{i}.bias"], training=True, eps=1e-3)
    if i < 3:
        x = F.max_pool2d(x, 2)
x = x.flatten(1)
for i in (1, 2):
    x = F.linear(x, weights[f"fc{i}.weight"], weights[f"fc{i}.bias"]).relu()
logits = F.linear(x, weights["fc3.weight"], weights["fc3.bias"])
F.cross_entropy(logits, data["y"]).backward()
values = {f"gradient.{k}": v.grad.float() for k, v in weights.items() if v.grad is not None}
save_file({"training_logits": logits.detach().float(), **values},
          os.path.join(sys.argv[1], "cnn_batch_norm_float64.safetensors"))
