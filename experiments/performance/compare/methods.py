"""The five methods as PyTorch modules: `forward` takes two views and returns the loss. Submodules have the names of the
suite's networks, so that its weights load; `options` are those of its record."""
import copy

import torch
from torch import nn

import losses
from encoder import Encoder
from heads import MultiLevelHead, head


class Simclr(nn.Module):
    """Both views share one batch, so that batch norms see them together."""

    def __init__(self, o):
        super().__init__()
        width = o["hidden"] or 512
        self.encoder = Encoder()
        self.projector = head(512, [width, width], o["output"], output_norm=True)
        self.projector[-1].bias.requires_grad_(False)
        self.temperature = o["temperature"]

    def forward(self, a, b):
        return losses.nt_xent(*self.projector(self.encoder(torch.cat([a, b]))).chunk(2), self.temperature)


class Tower(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.encoder = Encoder()
        self.projector = head(512, [o["hidden"]], o["output"], hidden_bias=True)

    def forward(self, x):
        return self.projector(self.encoder(x))


class Byol(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.online = Tower(o)
        self.target = copy.deepcopy(self.online).requires_grad_(False)
        self.predictor = head(o["output"], [o["hidden"]], o["output"], hidden_bias=True)
        self.rate = o["target_rate"]

    def forward(self, a, b):
        with torch.no_grad():
            t1, t2 = self.target(a), self.target(b)
        return losses.byol(self.predictor(self.online(a)), self.predictor(self.online(b)), t1, t2)

    @torch.no_grad()
    def after_step(self):
        target, online = list(self.target.parameters()), list(self.online.parameters())
        torch._foreach_mul_(target, self.rate)
        torch._foreach_add_(target, online, alpha=1 - self.rate)


class Vicreg(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.encoder = Encoder()
        self.projector = head(512, [o["hidden"]] * 2, o["output"], hidden_bias=True)
        self.weights = o["invariance"], o["variance"], o["covariance"]

    def forward(self, a, b):
        return losses.vicreg(self.projector(self.encoder(a)), self.projector(self.encoder(b)), *self.weights)


class BarlowTwins(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.encoder = Encoder()
        self.projector = head(512, [o["hidden"]] * 2, o["output"])
        self.weight = o["lambda"]

    def forward(self, a, b):
        return losses.barlow_twins(self.projector(self.encoder(a)), self.projector(self.encoder(b)), self.weight)


class Mlvicx(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.encoder = Encoder(context=True)
        hidden = [o["hidden"]] * 2
        self.global_head = head(512, hidden, o["output"], hidden_bias=True, output_bias=True, output_norm=True)
        self.multi_level_head = MultiLevelHead(Encoder.channels, o["level_channels"], hidden, o["output"])
        self.weights = o["invariance"], o["variance"], o["covariance"]
        self.multi_level_weight = o["multi_level_weight"]

    def embed(self, x):
        maps = self.encoder.maps(x)
        return self.global_head(maps[-1].mean((2, 3))), self.multi_level_head(maps)

    def forward(self, a, b):
        (global_a, levels_a), (global_b, levels_b) = self.embed(a), self.embed(b)
        return (losses.vicreg(global_a, global_b, *self.weights)
                + self.multi_level_weight * losses.vicreg(levels_a, levels_b, *self.weights))


METHODS = {"simclr": Simclr, "byol": Byol, "vicreg": Vicreg, "barlow_twins": BarlowTwins, "mlvicx": Mlvicx}
