"""Features of all images in a folder: features_of_folder.py FOLDER OUT.safetensors"""
import sys
from pathlib import Path

import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file

folder, out = sys.argv[1:]
weights = torchvision.models.ResNet18_Weights.DEFAULT
model = torchvision.models.resnet18(weights=weights)  # any model that makes a vector of an image
model.fc = torch.nn.Identity()
model.eval()
files = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in {".png", ".jpg", ".jpeg"})
prepared = weights.transforms()
rows = []
with torch.inference_mode():
    for file in files:
        rows.append(model(prepared(Image.open(file).convert("RGB")).unsqueeze(0)))
ids = "\n".join(str(p.relative_to(folder)) for p in files)
save_file({"features": torch.cat(rows)}, out, metadata={"ids": ids, "model": "torchvision resnet18, ImageNet"})
