#!/usr/bin/env python3
"""Both trainings as a PyTorch user would write them for speed on a processor: the data lies in memory, no DataLoader.

    torch_epochs.py mlp|cnn EPOCHS FOLDER_WITH_RAW_IDX_FILES

Prints the seconds of each epoch's training pass, a line each.
"""
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F


def idx(file):
    raw = np.fromfile(f"{sys.argv[3]}/{file}", dtype=np.uint8)
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i].tobytes(), "big") for i in range(raw[3])]
    return torch.from_numpy(raw[4 + 4 * raw[3] :].reshape(shape).copy())


torch.manual_seed(1234)
pixels, labels = idx("train-images-idx3-ubyte"), idx("train-labels-idx1-ubyte").long()
mean, deviation = float(pixels.double().mean() / 255), float(pixels.double().std() / 255)
images = ((pixels.float() / 255 - mean) / deviation).unsqueeze(1)
model = {
    "mlp": nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)),
    "cnn": nn.Sequential(
        nn.Conv2d(1, 10, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(10, 20, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(320, 128), nn.Linear(128, 10)),
}[sys.argv[1]]
sgd = torch.optim.SGD(model.parameters(), lr=0.01)
for _ in range(int(sys.argv[2])):
    begin, order = time.perf_counter(), torch.randperm(len(images))
    for start in range(0, len(images), 64):
        batch = order[start : start + 64]
        sgd.zero_grad()
        F.cross_entropy(model(images[batch]), labels[batch]).backward()
        sgd.step()
    print(time.perf_counter() - begin, flush=True)
