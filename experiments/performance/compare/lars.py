"""LARS with momentum as the suite has it: vectors (norms, biases) get neither weight decay nor a trust ratio."""
import torch

MOMENTUM, DECAY, TRUST = 0.9, 1e-6, 0.001


class Lars:
    """`fused`: all weights in a few operations; else one after the other, as the authors' releases do."""

    def __init__(self, module, fused):
        trained = [p for p in module.parameters() if p.requires_grad]
        self.vectors = [p for p in trained if p.dim() == 1]
        self.weights = [p for p in trained if p.dim() > 1]
        self.momentum = {p: torch.zeros_like(p) for p in trained}
        self.fused = fused

    def zero_grad(self):
        for parameter in self.momentum:
            parameter.grad = None

    @torch.no_grad()
    def step(self, rate):
        groups = [self.weights, self.vectors] if self.fused else [[p] for p in self.momentum]
        for group in groups:
            self.update(group, rate)

    def update(self, parameters, rate):
        gradients = [p.grad for p in parameters]
        if parameters[0].dim() > 1:
            gradients = torch._foreach_add(gradients, parameters, alpha=DECAY)
            weight = torch.stack(torch._foreach_norm(parameters))
            gradient = torch.stack(torch._foreach_norm(gradients))
            known = (weight > 0) & (gradient > 0)
            ratio = torch.where(known, TRUST * weight / gradient, torch.ones_like(weight))
            torch._foreach_mul_(gradients, ratio.unbind())
        momentum = [self.momentum[p] for p in parameters]
        torch._foreach_mul_(momentum, MOMENTUM)
        torch._foreach_add_(momentum, gradients)
        torch._foreach_add_(parameters, momentum, alpha=-rate)
