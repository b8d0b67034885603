#!/usr/bin/env python3
"""Times PyTorch's training step on the views and weights of a step that `mlvicx-bench bench --step FILE` wrote: forward,
backward, LARS, without making views. Prints a line of JSON. The loss is compared with the suite's before anything is
timed, and the weights must have changed after.

forms: plain     as a release has it: contiguous maps, float32, LARS weight by weight
       tuned     channels last, LARS in a few operations, autocast to bf16 if --precision says so
       compiled  the same through torch.compile
"""
import argparse
import json
import statistics
import sys
import time

import torch

import step_file
from lars import Lars

TOLERANCE = {"fp32": 1e-4, "bf16": 0.05}
CUDA_FP32_TOLERANCE = 0.01  # convolutions in TF32
RATE = 1e-3


class Step:
    def __init__(self, path, form, precision, device):
        self.module, views, self.expected, self.about = step_file.read(path)
        self.device, self.precision = torch.device(device), precision
        layout = torch.contiguous_format if form == "plain" else torch.channels_last
        self.module.to(self.device, memory_format=layout)
        self.views = [view.to(self.device, memory_format=layout) for view in views]
        self.optimizer = Lars(self.module, fused=form != "plain")
        self.loss_of = torch.compile(self.module) if form == "compiled" else self.module

    def loss(self):
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16"):
            return self.loss_of(*self.views)

    def __call__(self):
        self.optimizer.zero_grad()
        loss = self.loss()
        loss.backward()
        self.optimizer.step(RATE)
        if hasattr(self.module, "after_step"):
            self.module.after_step()
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return loss.detach()

    def verify(self):
        """The first step's loss is the suite's."""
        tolerance = TOLERANCE[self.precision]
        if self.device.type == "cuda" and self.precision == "fp32":
            tolerance = CUDA_FP32_TOLERANCE
        found = self().item()
        if not abs(found - self.expected) <= tolerance * abs(self.expected):
            sys.exit(f"{self.about['method']}: PyTorch's loss is {found:.9g}, the suite's {self.expected:.9g}; not timed")


def measure(step, seconds):
    """Images per second of each step after the first two, which warm up."""
    encoder = [p for p in step.module.parameters() if p.requires_grad and p.dim() == 4]
    before = [p.detach().clone() for p in encoder]
    step.verify()
    step()
    rates, end = [], time.perf_counter() + seconds
    while not rates or time.perf_counter() < end:
        start = time.perf_counter()
        loss = step()
        rates.append(len(step.views[0]) / (time.perf_counter() - start))
    if not loss.isfinite() or any(torch.equal(a, b) for a, b in zip(before, encoder)):
        sys.exit("the measured steps left weights as they were, or the loss is not finite")
    return rates


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step")
    parser.add_argument("--form", choices=["plain", "tuned", "compiled"], default="tuned")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    torch.backends.cudnn.benchmark = given.form != "plain"
    rates = measure(Step(given.step, given.form, given.precision, given.device), given.seconds)
    print(json.dumps({"form": given.form, "images_per_second": round(statistics.median(rates), 3),
                      "lowest": round(min(rates), 3), "highest": round(max(rates), 3), "steps": len(rates)}))


if __name__ == "__main__":
    main()
