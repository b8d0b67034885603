"""A clock that is set while the program runs."""
import pathlib
import shutil
import struct
import subprocess
import threading

from sweep import Skip, accepted

DAY = 86400


def library(folder):
    """clock.c, compiled into the folder."""
    made = folder / "clock.so"
    if made.exists():
        return made
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        raise Skip("no C compiler for a clock that can be set")
    source = pathlib.Path(__file__).with_name("clock.c")
    half = folder / f"clock-{threading.get_ident()}.so"
    done = subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(half), str(source)], stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise Skip(f"clock.c can't be compiled: {done.stderr.decode()[:200]}")
    half.replace(made)
    return made


class Clock:
    """A process's clock: `environment` gives it to one, `set` moves it while the process runs."""

    def __init__(self, trial, ahead=0):
        self.file = trial.folder.parent / f"clock-{len(trial.started)}"
        self.file.write_bytes(struct.pack("q", ahead))
        self.environment = {"LD_PRELOAD": str(library(trial.whole.images.parent)), "FAULTS_CLOCK": str(self.file)}

    def set(self, ahead):
        with open(self.file, "r+b") as page:
            page.write(struct.pack("q", ahead))


def moved(t):
    """Two workers, whose clocks go forward and back by up to two days."""
    clocks = [Clock(t)]
    workers = [t.start(env=clocks[0].environment)]
    clocks.append(Clock(t))
    workers.append(t.start(env=clocks[1].environment))
    while any(worker.poll() is None for worker in workers):
        t.pause(0.1, 0.7)
        t.random.choice(clocks).set(t.random.choice((-2 * DAY, -3600, -100, 0, 100, 200, 3600, 2 * DAY)))
    for worker in workers:
        accepted(t.ended(worker))
    t.finish()
