"""Cases: features, health and encoders.

That a set of identical images gives an AUC of exactly one half is tested in
tests/experiments/evaluation/dead_features.cpp, because prepare refuses such a set.
"""
import re

from run import Case


def prepared(run):
    run.also("prepare --dataset manifest --manifest m.csv --size 64 --skip-bad --out {out}/p.safetensors")


def an_auc(run):
    """The constant image is left out, and the AUC of the others is a percentage."""
    found = re.search(r"\nmean +([0-9.]+) \(", run.output)
    counted = "19 labelled images; 12 test images" in run.output
    return None if found and counted and 0 <= float(found[1]) <= 100 else "no AUC of one class"


cases = [
    Case("d05-one-constant", "evaluate --data {out}/p.safetensors --encoder random --image-size 64", setup=prepared,
         check=an_auc, never=("not a number", "eigh"), name="d05 evaluated with one constant image left out"),
    Case("d05-one-constant", "pretrain --data {out}/p.safetensors --method simclr --epochs 2 --batch-size 8 "
         "--set schedule.warmup_epochs=5 --out {out}/e", 2, setup=prepared,
         says=(r"schedule\.warmup_epochs is 5, but the run has 2 epochs",), name="d05 warm-up longer than the run"),
]
