"""Prints the probabilities that ONNX Runtime finds for each image, a line each.

    onnx_probabilities.py MODEL.onnx PIXELS CHANNELS HEIGHT WIDTH MEAN DEVIATION

Bytes are given as they are to a model that takes bytes; to others (intensity / 255 − mean) / deviation.
"""
import sys

import numpy
import onnxruntime

model, pixels = sys.argv[1:3]
images = numpy.fromfile(pixels, numpy.uint8).reshape(-1, *map(int, sys.argv[3:6]))
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
argument = session.get_inputs()[0]
if argument.type == "tensor(float)":
    mean, deviation = map(float, sys.argv[6:8])
    images = ((images / 255.0 - mean) / deviation).astype(numpy.float32)
result = session.run([session.get_outputs()[-1].name], {argument.name: images})[0].astype(numpy.float64)
if not (result.min() >= 0 and numpy.allclose(result.sum(1), 1, atol=1e-4)):
    # Logits, or logarithms of probabilities.
    result = numpy.exp(result - result.max(1, keepdims=True))
    result /= result.sum(1, keepdims=True)
for row in result:
    print(",".join(f"{value:.9f}" for value in row))
