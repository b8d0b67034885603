"""Projection heads: Linear, BatchNorm, ReLU for each hidden width, then a last Linear."""
import torch
import torch.nn.functional as F
from torch import nn


def head(width, hidden, output, hidden_bias=False, output_bias=False, output_norm=False):
    layers = []
    for wide in hidden:
        layers += [nn.Linear(width, wide, bias=hidden_bias), nn.BatchNorm1d(wide), nn.ReLU(inplace=True)]
        width = wide
    layers.append(nn.Linear(width, output, bias=output_bias))
    if output_norm:
        layers.append(nn.BatchNorm1d(output))
    return nn.Sequential(*layers)


class MultiLevelHead(nn.Module):
    """MLVICX's, in the direct form of the authors' release: every map is resized to 64 x 64, projected there to all
    channels, and the sum of the five is pooled to 4 x 4."""

    def __init__(self, channels, width, hidden, output):
        super().__init__()
        self.levels = nn.ModuleList(nn.Conv2d(c, width, 1) for c in channels)
        self.head = head(16 * width, hidden, output, hidden_bias=True, output_bias=True, output_norm=True)

    def forward(self, maps):
        resized = (F.interpolate(m, size=(64, 64), mode="bilinear", align_corners=False) for m in maps)
        summed = sum(level(m) for level, m in zip(self.levels, resized))
        return self.head(torch.flatten(F.adaptive_avg_pool2d(summed, 4), 1))
