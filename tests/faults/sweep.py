"""A small sweep in a folder of its own: the program, its processes, and what is left behind."""
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

PLAN = """{
  "name": "small sweep",
  "datasets": {"images": {"file": "images.safetensors"}},
  "pretrain": {"epochs": 2, "batch_size": 8, "image_size": 16, "precision": "fp32", "checkpoint_every": 1},
  "methods": [{"name": "simclr", "hidden": 32, "output": 16}],
  "controls": false,
  "evaluate": {"fractions": [1], "image_size": 16, "precision": "fp32",
               "protocols": ["frozen", "knn", "finetuned", "segmentation_frozen"],
               "frozen": {"iterations": 10}, "finetuned": {"epochs": 1, "batch_size": 8, "precision": "fp32"},
               "segmentation": {"epochs": 1, "batch_size": 8, "precision": "fp32", "decoder_width": 2}},
  "seeds": [0, 1]
}
"""
PATIENCE = 1800  # seconds: the machine may have other work

RUN = ("run", "plan.json", "--results", "results.db")
PREPARE = ("prepare", "--dataset", "phantom", "--phantom-layout", "siim", "--phantom-images", "48",
           "--phantom-size", "48", "--size", "32", "--split", "patient", "--validation-share", "0.2", "--test-share",
           "0.3")


class Problem(Exception):
    """What a fault found: one sentence."""


class Skip(Exception):
    """Why a fault can't be tried on this machine."""


class Done:
    """A process that has ended: `status` is the exit status, or 128 + the signal that ended it."""

    def __init__(self, status, out, err):
        self.status = status if status >= 0 else 128 - status
        self.out, self.err = out, err

    def __str__(self):
        return f"status {self.status}: {(self.err or self.out).strip()[-400:]}"


class Sweep:
    """A folder with the plan and its images. Ends its processes at the end."""

    def __init__(self, program, folder, images, seed):
        self.program, self.folder, self.images = program, pathlib.Path(folder), images
        self.random = random.Random(seed)
        self.started = []
        self.fill()

    def fill(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "plan.json").write_text(PLAN)
        if self.images:
            shutil.copyfile(self.images, self.folder / "images.safetensors")

    def path(self, name):
        return self.folder / name

    def command(self, words, limits=()):
        return [*limits, self.program, *words]

    def environment(self, changes):
        kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LC_ALL", "LANG")}
        kept.update({"OMP_NUM_THREADS": "1"} | (changes or {}))
        return {name: value for name, value in kept.items() if value is not None}

    def start(self, *words, limits=(), env=None, name=None):
        """Starts the program; its output goes to files beside the folder, which a full disk doesn't reach."""
        base = self.folder.parent / (name or f"process-{len(self.started)}")
        out, err = open(f"{base}.out", "w"), open(f"{base}.err", "w")
        process = subprocess.Popen(self.command(words or RUN, limits), cwd=self.folder, env=self.environment(env),
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        process.base = base
        out.close(), err.close()
        self.started.append(process)
        return process

    def ended(self, process, seconds=PATIENCE):
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Problem(f"still works after {seconds} s: {self.said(process)[-200:]}") from None
        return Done(status, pathlib.Path(f"{process.base}.out").read_text(errors="replace"), self.said(process))

    def said(self, process):
        return pathlib.Path(f"{process.base}.err").read_text(errors="replace")

    def run(self, *words, limits=(), env=None, seconds=PATIENCE):
        return self.ended(self.start(*words, limits=limits, env=env), seconds)

    def wait_for(self, condition, what, seconds=PATIENCE, process=None):
        """True as soon as the condition holds; false if the process ended before."""
        end = time.monotonic() + seconds
        while not condition():
            if process is not None and process.poll() is not None:
                return condition()
            if time.monotonic() > end:
                raise Problem(f"waited {seconds} s for {what}")
            time.sleep(0.005)
        return True

    def pause(self, least, most):
        time.sleep(self.random.uniform(least, most))

    def kill(self, process, number=signal.SIGKILL):
        if process.poll() is None:
            os.kill(process.pid, number)

    def close(self):
        for process in self.started:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGCONT)
                process.kill()
                process.wait()


def accepted(done):
    if done.status != 0:
        raise Problem(f"expected to end well, found {done}")
    return done


def sentence(done, pattern, status=2):
    """The program ended with this status and one complaint that says what was wrong."""
    complaints = re.findall(r"^mlvicx-bench: (.*)", done.err, re.MULTILINE)
    if done.status != status:
        raise Problem(f"expected status {status}, found {done}")
    if len(complaints) != 1 or not re.search(pattern, done.err):
        raise Problem(f"expected one sentence with \"{pattern}\", found {done}")
    if "internal error" in done.err:
        raise Problem(f"a fault of the machine is called an internal error: {done}")
    return done
