"""Disks that are full, read-only, or gone."""
import fcntl
import os
import shutil
import struct
import subprocess

from sweep import PREPARE, RUN, Problem, Skip, accepted, sentence
from trial import names, report_of, without_rights

MEGABYTE = 1024
FULL = "No space left on device|disk is full|disk I/O error|File too large"
SHUT_DOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN of Linux: as if the device had been pulled out
HOW = 0, 1, 2  # after writing everything, the journal, nothing


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
    if (place / "images.safetensors").read_bytes() != t.whole.images.read_bytes():
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


def read_only(t):
    """A folder on a read-only disk; every second time one of another user."""
    if t.number % 2 and (os.geteuid() != 0 or not shutil.which("setpriv")):
        raise Skip("only root can be another user")
    limits = without_rights() if t.number % 2 else ()
    shutil.copytree(t.whole.sweep.folder, t.folder / "done")
    if not t.number % 2:
        t.mount("--bind", t.folder, t.folder)
        subprocess.run(["mount", "-o", "remount,ro,bind", str(t.folder)], check=True)
    sentence(t.run(limits=limits), "not writable|read-only|Permission denied")
    for words in (("status", "done/results.db"), ("verify", "done/results.db")):
        accepted(t.run(*words, limits=limits))
    sentence(t.run("report", "done/results.db", "--out", "done/report", limits=limits), "not writable|Read-only|denied")
    if not t.number % 2:
        subprocess.run(["umount", "-l", str(t.mounts.pop())], check=True)
    t.same(folder=t.folder / "done", files=False)
    shutil.rmtree(t.folder / "done")
    t.finish()


def gone(t):
    """The disk fails, or somebody takes it away, at any moment; later it is there again."""
    image = t.folder.parent / "image"
    with open(image, "wb") as empty:
        empty.truncate(600 << 20)
    made = subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], stderr=subprocess.STDOUT, stdout=subprocess.PIPE)
    if made.returncode != 0:
        raise Skip("no file system can be made")
    t.mount("-o", "loop", image, t.folder)
    t.fill()
    os.sync()
    words = ("run", str(t.path("plan.json")), "--results", str(t.path("results.db")))
    worker = t.start(*words)
    t.wait_for(lambda: t.said(worker) != "", "the first line", process=worker)
    t.pause(0, 4)
    if t.number % 4 == 3:
        subprocess.run(["umount", "-l", str(t.folder)], check=True)
    else:
        place = os.open(t.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(place, SHUT_DOWN, struct.pack("I", HOW[t.number % 4]))
        except OSError as why:
            raise Skip(f"this file system can't fail on demand: {why.strerror}") from None
        finally:
            os.close(place)
    done = t.ended(worker)
    if done.status != 0:
        sentence(done, "Input/output error|disk I/O error|moved or removed|No such file|cannot be")
    subprocess.run(["umount", "-l", str(t.folder)], check=False, stderr=subprocess.DEVNULL)
    t.mount("-o", "loop", image, t.folder)
    shutil.rmtree(t.folder / "lost+found", ignore_errors=True)
    t.finish("--retry-failed")
