"""The five losses as their papers write them, in float32."""
import torch
import torch.nn.functional as F


def off_diagonal(square):
    """Sum of the squared entries off the diagonal."""
    return square.pow(2).sum() - square.diagonal().pow(2).sum()


def nt_xent(a, b, temperature):
    z = F.normalize(torch.cat([a, b]).float(), dim=1)
    logits = z @ z.t() / temperature
    logits = logits.masked_fill(torch.eye(len(z), dtype=torch.bool, device=z.device), float("-inf"))
    return F.cross_entropy(logits, torch.arange(len(z), device=z.device).roll(len(a)))


def byol(p1, p2, t1, t2):
    return 4 - 2 * (F.cosine_similarity(p1.float(), t2.float()) + F.cosine_similarity(p2.float(), t1.float())).mean()


def vicreg(a, b, invariance, variance, covariance):
    a, b = a.float(), b.float()
    loss = invariance * F.mse_loss(a, b)
    for z in (a, b):
        z = z - z.mean(0)
        loss = loss + variance / 2 * F.relu(1 - torch.sqrt(z.var(0) + 1e-4)).mean()
        loss = loss + covariance * off_diagonal(z.t() @ z / (len(z) - 1)) / z.shape[1]
    return loss


def barlow_twins(a, b, weight):
    a, b = (F.batch_norm(z.float(), None, None, training=True) for z in (a, b))
    c = a.t() @ b / len(a)
    return (c.diagonal() - 1).pow(2).sum() + weight * off_diagonal(c)
