"""torchvision's ResNet-18, with MLVICX's context bottlenecks if asked for; weights have the suite's names."""
import torch
import torchvision
from torch import nn


class ContextBottleneck(nn.Module):
    """Channel attention, then spatial attention, as written: every gate multiplies the whole map."""

    def __init__(self, channels):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.expand = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.spatial = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x):
        described = [self.expand(torch.relu(self.squeeze(pooled)))
                     for pooled in (x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True))]
        x = x * torch.sigmoid(described[0] + described[1])
        across = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.spatial(across))


class Encoder(nn.Module):
    channels = (64, 64, 128, 256, 512)

    def __init__(self, context=False):
        super().__init__()
        for name, module in torchvision.models.resnet18().named_children():
            if name not in ("avgpool", "fc"):
                self.add_module(name, module)
        self.context = nn.ModuleList(ContextBottleneck(c) for c in self.channels) if context else None

    def maps(self, x):
        """The five maps, each the input of what follows."""
        refine = self.context or [nn.Identity()] * 5
        maps = [refine[0](self.relu(self.bn1(self.conv1(x))))]
        x = self.maxpool(maps[0])
        for refined, stage in zip(refine[1:], (self.layer1, self.layer2, self.layer3, self.layer4)):
            x = refined(stage(x))
            maps.append(x)
        return maps

    def forward(self, x):
        return self.maps(x)[-1].mean((2, 3))
