"""Features of a prepared dataset, of the pixels that the suite's own encoders see:
features_of_prepared.py PREPARED.safetensors WEIGHTS.safetensors OUT.safetensors"""
import sys

import mlvicx_bench  # pip install . in the source folder, or its folder packaging/python in PYTHONPATH

prepared, weights, out = sys.argv[1:]
model = mlvicx_bench.encoder(weights)  # any module that makes [N, features] of [N, 3, S, S] will do
mlvicx_bench.features(model, prepared, out, name="torchvision resnet18")
