"""Features of a prepared dataset, of the pixels that the suite's own encoders see:
features_of_prepared.py PREPARED.safetensors WEIGHTS.safetensors OUT.safetensors"""
import sys

import torch
import torchvision
from safetensors import safe_open
from safetensors.torch import load_file, save_file

prepared, weights, out = sys.argv[1:]
with safe_open(prepared, "pt") as file:
    images, ids = file.get_tensor("images"), file.get_tensor("ids")  # u8 [N, S, S]; names, one per line
model = torchvision.models.resnet18()
model.fc = torch.nn.Identity()
model.load_state_dict({name: value for name, value in load_file(weights).items() if not name.startswith("fc.")})
model.eval()
mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
deviation = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
rows = []
with torch.inference_mode():
    for batch in images.split(32):
        rows.append(model((batch.unsqueeze(1).float() / 255 - mean) / deviation))
save_file({"features": torch.cat(rows), "ids": ids}, out, metadata={"model": "torchvision resnet18"})
