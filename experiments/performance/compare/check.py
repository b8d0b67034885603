#!/usr/bin/env python3
"""check.py STEP.safetensors...: whether PyTorch's step gives the suite's loss from the same weights and views, in fp32
to 0.01 % of it. Prints both for each file; exit status 3 if one differs."""
import sys

import torch

import step_file


def main(paths):
    differs = False
    for path in paths:
        module, views, expected, about = step_file.read(path)
        with torch.no_grad():
            found = module(*views).item()
        gap = abs(found - expected) / abs(expected)
        right = about["precision"] == "fp32" and gap <= 1e-4
        differs |= not right
        print(f"{about['method']}: PyTorch {found:.9g}, mlvicx-bench {expected:.9g} ({about['precision']}), "
              f"{gap:.1e} apart{'' if right else ': DIFFERS'}")
    return 3 if differs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
