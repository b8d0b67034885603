"""One try of a fault: a sweep that is disturbed, the tables of one that wasn't, and what the difference is."""
import pathlib
import subprocess

from stored import Stored, is_sound
from sweep import PREPARE, RUN, Problem, Skip, Sweep, accepted


class Undisturbed:
    """The sweep as it is without a fault: what it stores, prints, leaves in its folder, and how long it takes."""

    def __init__(self, program, folder):
        folder.mkdir(parents=True)
        self.images = folder / "images.safetensors"
        maker = Sweep(program, folder / "maker" / "work", None, 0)
        accepted(maker.run(*PREPARE, "--root", str(folder / "phantom"), "--out", str(self.images)))
        self.sweep = Sweep(program, folder / "sweep" / "work", self.images, 0)
        done = accepted(self.sweep.run())
        self.out = done.out
        self.files = names(self.sweep.folder)
        self.stored = Stored(self.sweep.folder)
        accepted(self.sweep.run("report", "results.db", "--out", "../report"))
        self.report = report_of(self.sweep.folder.parent / "report")


def names(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def report_of(folder):
    """The report's tables, without times, rates and what a machine measured."""
    kept = {}
    told = ("images_per_second", "time, all jobs", "UTC", "| from, to |")
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".csv", ".tex", ".md"):
            kept[file.name] = [line for line in file.read_text().splitlines()
                               if not any(word in line for word in told)]
    return kept


class Trial(Sweep):
    """What a fault gets: a fresh sweep, the undisturbed one, random numbers of its own, and counters."""

    def __init__(self, whole, folder, seed, number):
        super().__init__(whole.sweep.program, folder / "work", whole.images, seed)
        self.whole, self.number = whole, number
        self.tries, self.lost, self.doubled = 1, [], []
        self.mounts = []

    def same(self, done=None, folder=None, files=True):
        """The sweep is complete: every row and file of the undisturbed one, once, and nothing else."""
        folder = folder or self.folder
        if broken := is_sound(folder / "results.db"):
            raise Problem(f"the results file is damaged: {broken}")
        stored = Stored(folder)
        self.lost += self.whole.stored.lost(stored)
        self.doubled += self.whole.stored.doubled(stored)
        if files and (left := sorted(set(names(folder)) ^ set(self.whole.files))):
            raise Problem(f"left behind, or missing: {', '.join(left[:5])}")
        if done is not None and done.out != self.whole.out:
            raise Problem(f"prints another table: {done.out[-300:]}")

    def finish(self, *more, tries=1, **options):
        """Runs the sweep until it ends well, and compares."""
        for _ in range(tries):
            done = self.run(*RUN, *more, **options)
            if done.status == 0:
                break
        self.same(accepted(done))

    def mount(self, *words):
        """Mounts something on `words[-1]` in this process's own namespace."""
        place = pathlib.Path(words[-1])
        place.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise Skip(f"no mount here: {done.stdout.strip()}")
        self.mounts.append(place)
        return place

    def small_disk(self, kilobytes, inside="."):
        """Makes `inside` of the sweep's folder a disk of this size; the sweep's files are on it."""
        place = self.mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "disk", self.folder / inside)
        if inside == ".":
            self.fill()
        return place

    def resize(self, place, kilobytes):
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", str(place)], check=True)

    def close(self):
        super().close()
        for place in reversed(self.mounts):
            subprocess.run(["umount", "-l", str(place)], check=False, stderr=subprocess.DEVNULL)


def without_rights():
    """What makes a command that of a user who may write nowhere: permissions don't bind root."""
    return ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
