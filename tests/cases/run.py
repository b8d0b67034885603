#!/usr/bin/env python3
"""Runs inputs that once went wrong and reports for each whether it is right now.

    run.py PROGRAM [FOLDER-OR-CASE ...]

MLVICX_CASES names the folder of inputs, which has a folder for each; without it the run is skipped (status 77). PROGRAM
is mlvicx-bench. Names restrict the run. Cases are declared in the other files here. Needs only Python's standard
library.
"""
import dataclasses
import json
import os
import pathlib
import re
import shlex
import struct
import subprocess
import sys
import tempfile
from typing import Callable, Optional


@dataclasses.dataclass
class Case:
    """One command in one folder and its expected outcome."""

    folder: str
    command: str  # arguments of the program; {out} is an empty folder that is removed afterwards
    status: int = 0
    says: tuple = ()  # patterns that the output (both streams) must contain
    never: tuple = ()  # patterns that it must not contain
    check: Optional[Callable] = None  # takes the Run; None if it is right, else one sentence
    setup: Optional[Callable] = None  # takes the Run, before the command: makes what the command needs
    name: str = ""  # if a folder has several cases


@dataclasses.dataclass
class Run:
    """What a check looks at."""

    program: str
    folder: pathlib.Path
    out: pathlib.Path
    output: str = ""

    def prepared(self, name="p.safetensors"):
        return Prepared(self.out / name)

    def also(self, command):
        """Runs another command in the same folder: (status, output)."""
        return execute(self, command)


class Prepared:
    """A prepared file's tensors and metadata, read without the suite's code."""

    types = {"U8": "B", "I8": "b", "I32": "i", "U32": "I", "I64": "q", "F32": "f", "F64": "d"}

    def __init__(self, path):
        raw = pathlib.Path(path).read_bytes()
        (size,) = struct.unpack_from("<Q", raw)
        self.header = json.loads(raw[8 : 8 + size].decode("utf-8"))
        self.metadata = self.header.pop("__metadata__", {})
        self.data = raw[8 + size :]

    def tensor(self, name):
        entry = self.header[name]
        first, last = entry["data_offsets"]
        code = self.types[entry["dtype"]]
        return struct.unpack(f"<{(last - first) // struct.calcsize(code)}{code}", self.data[first:last])

    def shape(self, name):
        return self.header[name]["shape"]

    def image(self, i):
        """Pixels of one image, row by row."""
        count = self.shape("images")[1] * self.shape("images")[2]
        return self.tensor("images")[i * count : (i + 1) * count]

    def mask(self, i, m=0):
        """Only masks that are not empty are in the tensor."""
        _, height, width = self.shape("masks")
        masked = self.tensor("masked")
        place = i * self.shape("masked")[1] + m
        if not masked[place]:
            return (0,) * (height * width)
        first = sum(masked[:place]) * height * width
        return self.tensor("masks")[first : first + height * width]

    def provenance(self):
        return json.loads(self.metadata["provenance"])


def execute(run, command):
    words = [word.replace("{out}", str(run.out)) for word in shlex.split(command)]
    done = subprocess.run([run.program, *words], cwd=run.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=300)
    return done.returncode, done.stdout.decode("utf-8", "backslashreplace")


def fault_of(case, program, root):
    """None if the case is right, else what is wrong."""
    with tempfile.TemporaryDirectory(prefix="mlvicx-case-") as out:
        run = Run(program, root / case.folder, pathlib.Path(out))
        if case.setup:
            case.setup(run)
        status, run.output = execute(run, case.command)
        last = (run.output.strip().splitlines() or ["nothing"])[-1]
        if status != case.status:
            return f"status {status}, expected {case.status}: {last}"
        for pattern in case.says:
            if not re.search(pattern, run.output):
                return f"does not say /{pattern}/: {last}"
        for pattern in case.never:
            if re.search(pattern, run.output):
                return f"says /{pattern}/"
        return case.check(run) if case.check else None


def main(arguments):
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    root = os.environ.get("MLVICX_CASES", "")
    if not root:
        print("SKIPPED: MLVICX_CASES does not name a folder of inputs")
        return 77
    root, names = pathlib.Path(root).resolve(), set(arguments[1:])
    import declared

    cases = [case for case in declared.cases() if not names or {case.folder, case.name} & names]
    wrong = 0
    for case in cases:
        title = case.folder + (f" ({case.name})" if case.name else "")
        if not (root / case.folder).is_dir():
            print(f"{title}: not there")
            continue
        try:
            fault = fault_of(case, str(pathlib.Path(arguments[0]).resolve()), root)
        except Exception as error:  # a check that fails is a wrong case, not the end of the run
            fault = f"{type(error).__name__}: {error}"
        wrong += fault is not None
        print(f"{title}: {'right' if fault is None else 'WRONG: ' + fault}", flush=True)
    untried = {entry.name for entry in root.iterdir() if entry.is_dir()} - {case.folder for case in declared.cases()}
    if not names and untried:
        wrong += len(untried)
        print(f"no case looks at: {', '.join(sorted(untried))}")
    print(f"{len(cases)} cases, {wrong} wrong")
    return 1 if wrong or not cases else 0


if __name__ == "__main__":
    sys.modules["run"] = sys.modules["__main__"]  # the declarations import Case from here
    sys.exit(main(sys.argv[1:]))
