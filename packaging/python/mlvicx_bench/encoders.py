"""Encoders as torchvision's networks, and their features as the program reads them."""
import json
import os

import torch
import torchvision
from safetensors import safe_open
from safetensors.torch import load_file, save_file


class Recipe:
    """How images become a network's input: grey values 0 to 255 in three channels, with ImageNet's mean and standard
    deviation."""

    mean = (0.485, 0.456, 0.406)
    deviation = (0.229, 0.224, 0.225)

    def __init__(self, image_size):
        self.image_size = image_size  # pixels of a view in pre-training; None: unknown

    def __call__(self, images):
        """u8 [N, S, S] -> float32 [N, 3, S, S], on the images' device."""
        mean, deviation = (torch.tensor(v, device=images.device).view(3, 1, 1) for v in (self.mean, self.deviation))
        return (images.unsqueeze(1).float() / 255 - mean) / deviation


def encoder(file):
    """The network in an encoder's file, or in torchvision-named weights, in evaluation mode, without its last layer:
    [N, 3, H, W] -> [N, features]. Its attributes: `recipe` (a Recipe) and `metadata` (what the file says of itself).
    ValueError for one with context bottlenecks, which torchvision's networks do not have."""
    with safe_open(file, "pt") as opened:
        metadata = opened.metadata() or {}
        names = set(opened.keys())
    if any(name.startswith("context.") for name in names):
        raise ValueError(f"{file}: has context bottlenecks, which torchvision's networks lack; write its backbone by: "
                         f"mlvicx-bench export --encoder {file} --out backbone.safetensors")
    deep = "layer1.0.conv3.weight" in names
    model = torchvision.models.resnet50() if deep else torchvision.models.resnet18()
    model.fc = torch.nn.Identity()
    try:
        model.load_state_dict({n: value for n, value in load_file(file).items() if not n.startswith("fc.")})
    except RuntimeError as error:
        raise ValueError(f"{file}: expected a ResNet-18 or -50 with torchvision's names; {error}") from None
    training = json.loads(metadata.get("config", "{}")).get("training", {})
    model.recipe = Recipe(training.get("image_size"))
    model.metadata = metadata
    return model.eval()


def features(model, prepared, out, name=None, batch=32, device="cpu"):
    """Writes the features that `model` computes of all images of a prepared dataset to the safetensors file `out`, for
    `mlvicx-bench evaluate --features`; returns `out`. A model without a `recipe` gets the suite's own input. `name`:
    what reports call it."""
    with safe_open(prepared, "pt") as file:
        images, ids = file.get_tensor("images"), file.get_tensor("ids")  # u8 [N, S, S]; names, one per line
    recipe = getattr(model, "recipe", Recipe(None))
    model = model.to(device).eval()
    with torch.inference_mode():
        rows = [model(recipe(part.to(device))).float().cpu() for part in images.split(batch)]
    partial = f"{out}.partial"
    save_file({"features": torch.cat(rows), "ids": ids}, partial, metadata={"model": name or type(model).__name__})
    os.replace(partial, out)
    return out
