"""Times a SimCLR step in PyTorch without making views, to compare with benchmark_pretrain: torchvision's ResNet-18,
SimCLR's head and loss in bf16, channels last, two fixed batches of 256 images of 224 pixels. Needs a GPU and torchvision.
"""
import time

import torch
import torch.nn.functional as F
import torchvision

BATCH, WARM_UP, STEPS = 256, 10, 30


def main():
    torch.backends.cudnn.benchmark = True
    net = torchvision.models.resnet18()
    net.fc = torch.nn.Sequential(torch.nn.Linear(512, 512), torch.nn.BatchNorm1d(512), torch.nn.ReLU(),
                                 torch.nn.Linear(512, 128))
    net = net.cuda().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, foreach=True)
    first = torch.rand(BATCH, 3, 224, 224, device="cuda").to(memory_format=torch.channels_last)
    second = first + 0.1
    partner = torch.arange(2 * BATCH, device="cuda").roll(BATCH)

    def step():
        optimizer.zero_grad()
        with torch.autocast("cuda", torch.bfloat16):
            a, b = net(first), net(second)
        z = F.normalize(torch.cat([a, b]).float(), dim=1)
        logits = z @ z.t() / 0.1
        logits.fill_diagonal_(-1e9)
        F.cross_entropy(logits, partner).backward()
        optimizer.step()

    for _ in range(WARM_UP):
        step()
    torch.cuda.synchronize()
    start = time.time()
    for _ in range(STEPS):
        step()
    torch.cuda.synchronize()
    seconds = (time.time() - start) / STEPS
    print(f"{1e3 * seconds:.1f} ms a step, {BATCH / seconds:.0f} images/s")


if __name__ == "__main__":
    main()
