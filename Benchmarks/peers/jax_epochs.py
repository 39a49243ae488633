#!/usr/bin/env python3
"""The perceptron as a JAX user would write it for speed on a processor: an epoch is one jitted scan.

    jax_epochs.py mlp EPOCHS FOLDER_WITH_RAW_IDX_FILES

Prints the seconds of each epoch's training pass, a line each; the first includes compilation.
"""
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np


def idx(file):
    raw = np.fromfile(f"{sys.argv[3]}/{file}", dtype=np.uint8)
    shape = [int.from_bytes(raw[4 + 4 * i : 8 + 4 * i].tobytes(), "big") for i in range(raw[3])]
    return raw[4 + 4 * raw[3] :].reshape(shape)


pixels = idx("train-images-idx3-ubyte")
mean, deviation = pixels.mean() / 255, pixels.std() / 255
X = jnp.array(((pixels.astype(np.float32) / 255 - mean) / deviation).reshape(len(pixels), -1).astype(np.float32))
Y = jnp.array(idx("train-labels-idx1-ubyte").astype(np.int32))


def dense(key, fan_in, fan_out):
    a, b = jax.random.split(key)
    k = fan_in**-0.5
    return (jax.random.uniform(a, (fan_in, fan_out), minval=-k, maxval=k),
            jax.random.uniform(b, (fan_out,), minval=-k, maxval=k))


def loss(p, x, y):
    scores = jax.nn.relu(x @ p[0][0] + p[0][1]) @ p[1][0] + p[1][1]
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(scores), y[:, None], 1))


@jax.jit
def train_epoch(p, order):
    def step(p, batch):
        g = jax.grad(loss)(p, X[batch], Y[batch])
        return jax.tree.map(lambda w, d: w - 0.01 * d, p, g), None

    return jax.lax.scan(step, p, order[: len(order) // 64 * 64].reshape(-1, 64))[0]


assert sys.argv[1] == "mlp"
keys = jax.random.split(jax.random.PRNGKey(1234), 2)
params, random = [dense(keys[0], 784, 128), dense(keys[1], 128, 10)], np.random.default_rng(1234)
for _ in range(int(sys.argv[2])):
    order = jnp.array(random.permutation(len(X)))
    begin = time.perf_counter()
    params = jax.block_until_ready(train_epoch(params, order))
    print(time.perf_counter() - begin, flush=True)
