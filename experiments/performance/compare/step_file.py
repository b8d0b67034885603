"""Reads what `mlvicx-bench bench --step FILE` writes: a method with the suite's weights, its views and its loss."""
import json

from safetensors import safe_open

from methods import METHODS


def read(path):
    """The module, the two views, the suite's loss and all metadata."""
    with safe_open(path, "pt") as file:
        about = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    if about.get("method") not in METHODS or about.get("encoder") != "resnet18":
        raise SystemExit(f"{path}: has the step of {about.get('method')} with {about.get('encoder')}, expected a "
                         f"resnet18 and one of {', '.join(METHODS)}")
    views = tensors.pop("view1"), tensors.pop("view2")
    module = METHODS[about["method"]](json.loads(about["options"]))
    module.load_state_dict(tensors)  # strict: every name and shape
    return module.train(), views, float(about["loss"]), about
