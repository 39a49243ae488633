"""Prints ONNX Runtime's prediction for each image, a line each.

    onnx_predictions.py MODEL.onnx PIXELS CHANNELS HEIGHT WIDTH
"""
import sys

import numpy
import onnxruntime

model, pixels = sys.argv[1:3]
images = numpy.fromfile(pixels, numpy.uint8).reshape(-1, *map(int, sys.argv[3:6]))
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
for start in range(0, len(images), 500):
    logits, probabilities = session.run(["logits", "probabilities"], {"images": images[start:start + 500]})
    assert (logits.argmax(1) == probabilities.argmax(1)).all()
    assert numpy.allclose(probabilities.sum(1), 1, atol=1e-5)
    print("\n".join(str(label) for label in logits.argmax(1)))
