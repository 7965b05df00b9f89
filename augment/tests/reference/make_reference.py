"""Random crops and erasings of torchvision, from given numbers in 0..1.

    python make_reference.py        (torch 2.15.0, torchvision 0.29.2)

torchvision draws its own numbers; here its draws are answered from a list, so that the file holds what
becomes of them:
- `image` u8 (16, 11, 9, 3): height 11, width 9, 3 channels;
- `crop_unit` f64 (16, 2): numbers for row and column of `RandomCrop((11, 9), padding=3)`;
- `crop_y_x` i32 (16, 2): first row and column, counted from the image's own; `cropped` u8;
- `erasing_unit` f64 (16, 43): the decision, then area, ratio (ten attempts), then row and column, in the
  order in which they are asked for;
- `erased_y_x_height_width` i32 (16, 4): zeros where nothing is erased; `erased` u8.
"""
import os

import numpy as np
import torch
from safetensors.numpy import save_file
from torchvision.transforms import RandomCrop, RandomErasing
from torchvision.transforms import functional

rng = np.random.default_rng(0)
answers = []


def next_unit():
    return answers.pop(0)


def uniform(self, low=0.0, high=1.0):
    return torch.full(self.shape, low + (high - low) * next_unit(), dtype=torch.float64)


def randint(low, high, size):
    return torch.full(size, low + int((high - low) * next_unit()))


torch.Tensor.uniform_ = uniform
torch.randint = randint
torch.rand = lambda *size: torch.full(size or (1,), next_unit(), dtype=torch.float64)

image = rng.integers(0, 256, (16, 11, 9, 3), dtype=np.uint8)
crop_unit, erasing_unit = rng.random((16, 2)), rng.random((16, 43))
crop_at, cropped, erased_at, erased = [], [], [], []
crop, erasing = RandomCrop((11, 9), padding=3), RandomErasing()
for index in range(16):
    x = torch.from_numpy(image[index]).permute(2, 0, 1)
    padded = functional.pad(x, 3)
    answers = list(crop_unit[index])
    top, left, height, width = crop.get_params(padded, (11, 9))
    crop_at.append((top - 3, left - 3))
    cropped.append(functional.crop(padded, top, left, height, width).permute(1, 2, 0).numpy())
    answers = list(erasing_unit[index])
    if next_unit() < erasing.p:
        y, x0, height, width, value = erasing.get_params(x, erasing.scale, erasing.ratio, [0.0])
        is_erased = value.numel() == 1
        erased_at.append((y, x0, height, width) if is_erased else (0, 0, 0, 0))
        x = functional.erase(x, y, x0, height, width, value.to(torch.uint8)) if is_erased else x
    else:
        erased_at.append((0, 0, 0, 0))
    erased.append(x.permute(1, 2, 0).numpy())

save_file(
    {
        "image": image,
        "crop_unit": crop_unit,
        "crop_y_x": np.array(crop_at, np.int32),
        "cropped": np.ascontiguousarray(cropped),
        "erasing_unit": erasing_unit,
        "erased_y_x_height_width": np.array(erased_at, np.int32),
        "erased": np.ascontiguousarray(erased),
    },
    os.path.join(os.path.dirname(os.path.abspath(__file__)), "crop_erasing.safetensors"),
)
