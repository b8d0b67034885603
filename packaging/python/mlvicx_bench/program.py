"""The command mlvicx-bench: replaces this process by the program of the package."""
import importlib.metadata
import os
import pathlib
import sys


def main():
    home = pathlib.Path(__file__).parent
    built = (home / "share/mlvicx-bench/libtorch").read_text().strip()
    try:
        found = importlib.metadata.version("torch").split("+")[0]
    except importlib.metadata.PackageNotFoundError:
        found = None
    if found is not None and found != built:
        sys.exit(f"mlvicx-bench: built with LibTorch {built}, but torch {found} is installed; in the source folder: "
                 "pip install --no-build-isolation --force-reinstall --no-deps .")
    program = home / "bin/mlvicx-bench"
    os.execv(program, [str(program), *sys.argv[1:]])
