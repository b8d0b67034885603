"""Disks that are full."""
import json
import os
import struct

from sweep import PREPARE, RUN, Problem, accepted, sentence
from trial import names, report_of

MEGABYTE = 1024
FULL = "No space left on device|disk is full|disk I/O error|File too large"


def nothing_half_written(folder, before=()):
    if half := [name for name in names(folder) if ".partial-" in name and name not in before]:
        raise Problem(f"half-written: {', '.join(half)}")


def fill_up(place, but_kilobytes):
    """Fills the disk, except for so many kilobytes."""
    disk = os.statvfs(place)
    size = disk.f_bavail * disk.f_frsize - but_kilobytes * 1024
    with open(place / "filler", "wb") as filler:
        if size > 0:
            os.posix_fallocate(filler.fileno(), 0, size)


def content(file):
    """A prepared file's fingerprint, tensors and bytes, without the names of its sources."""
    raw = file.read_bytes()
    size = struct.unpack_from("<Q", raw)[0]
    header = json.loads(raw[8 : 8 + size])
    return header.pop("__metadata__")["fingerprint"], header, raw[8 + size :]


def preparing(t):
    """Draws the images, or prepares them, on a disk that is too small."""
    place = t.small_disk(t.random.randrange(4, 400), "disk")
    root = "disk/phantom" if t.number % 2 else str(t.whole.images.parent / "phantom")
    words = (*PREPARE, "--root", root, "--out", "disk/images.safetensors")
    done = t.run(*words)
    if done.status != 0:
        sentence(done, FULL)
        nothing_half_written(place)
        if (place / "images.safetensors").exists():
            raise Problem("a prepared file stays although preparing failed")
        t.resize(place, 8 * MEGABYTE)
        accepted(t.run(*words))
    if content(place / "images.safetensors") != content(t.whole.images):
        raise Problem("another prepared file")


def checkpointing(t):
    """Checkpoints take 90 MB, of which two are there at a time, and encoders 45 MB."""
    place = t.small_disk(t.random.randrange(5, 280) * MEGABYTE)
    done = t.run()
    nothing_half_written(place)
    if done.status != 0:
        sentence(done, FULL)
    t.resize(place, 400 * MEGABYTE)
    t.finish("--retry-failed")


def writing_features(t):
    """Room for the encoders, but not for all features and figures."""
    place = t.small_disk(400 * MEGABYTE)
    accepted(t.run(*RUN, "--only", "kind=pretrain"))
    fill_up(place, t.random.randrange(0, 300))
    done = t.run()
    nothing_half_written(place)
    if done.status != 0:
        sentence(done, FULL)
    (place / "filler").unlink()
    t.finish("--retry-failed")


def writing_results(t):
    """The results file alone on a small disk; its artifacts are on another one."""
    place = t.small_disk(t.random.randrange(4, 700), "disk")
    (t.folder / "artifacts").mkdir()
    os.symlink("../artifacts", place / "results.artifacts")
    words = ("run", "plan.json", "--results", "disk/results.db")
    done = t.run(*words)
    if done.status != 0:
        sentence(done, FULL)
    t.resize(place, 16 * MEGABYTE)
    done = accepted(t.run(*words, "--retry-failed"))
    nothing_half_written(t.folder)
    t.same(folder=place, files=False)


def writing_reports(t):
    """A first report, or one over an earlier one, which stays."""
    place = t.small_disk(8 * MEGABYTE, "disk")
    results = str(t.whole.sweep.path("results.db"))
    earlier = t.number % 2 == 1
    if earlier:
        accepted(t.run("report", results, "--out", "disk/report"))
    before = names(place), report_of(place)
    fill_up(place, t.random.randrange(0, 500))
    done = t.run("report", results, "--out", "disk/report")
    if done.status != 0:
        sentence(done, FULL + "|cannot be written")
        (place / "filler").unlink()
        if (names(place), report_of(place)) != before:
            raise Problem(f"half a report: {sorted(set(names(place)) ^ set(before[0]))}")
        accepted(t.run("report", results, "--out", "disk/report"))
    if report_of(place / "report") != t.whole.report:
        raise Problem("another report")
    if names(place / "report") != names(t.whole.sweep.folder.parent / "report"):
        raise Problem(f"half a report: {names(place / 'report')}")
