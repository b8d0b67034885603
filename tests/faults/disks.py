"""Disks that are read-only, or gone."""
import fcntl
import os
import shutil
import struct
import subprocess

from sweep import Skip, accepted, sentence
from trial import without_rights

SHUT_DOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN of Linux: as if the device had been pulled out
HOW = 0, 1, 2  # after writing everything, the journal, nothing


def read_only(t):
    """A folder on a read-only disk; every second time one of another user."""
    if t.number % 2 and (os.geteuid() != 0 or not shutil.which("setpriv")):
        raise Skip("only root can be another user")
    limits = without_rights() if t.number % 2 else ()
    # Another try may read the sweep just now, with SQLite's files beside it.
    shutil.copytree(t.whole.sweep.folder, t.folder / "done", ignore=shutil.ignore_patterns("*-wal", "*-shm"))
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
