"""Artifacts that somebody removes, edits or confuses between two jobs."""
import os
import shutil

from stored import connect
from sweep import RUN, Problem, accepted, sentence


def flip(t, file):
    """Flips one bit in the second half of the file: of its numbers, not of its header."""
    size = file.stat().st_size
    with open(file, "r+b") as changed:
        at = t.random.randrange(size // 2, size)
        changed.seek(at)
        byte = changed.read(1)[0]
        changed.seek(at)
        changed.write(bytes([byte ^ 1 << t.random.randrange(8)]))


def cut(t, file):
    os.truncate(file, t.random.randrange(file.stat().st_size))


def remove(_, file):
    file.unlink()


def confuse(_, file):
    """Puts another one of its kind in its place."""
    other = next(path for path in sorted(file.parent.iterdir()) if path != file and path.suffix == file.suffix)
    shutil.copyfile(other, file)


CHANGES = (flip, cut, remove, confuse)


def files_in(t, folder):
    found = t.path("results.artifacts").glob(f"{folder}/*")
    return sorted(path for path in found if path.suffix in (".safetensors", ".json"))


def then_named(t, file, change):
    """The next run names the file and goes no further with it, or makes it again; without it the sweep is the same."""
    before = file.read_bytes()
    change(t, file)
    done = t.run()
    if done.status != 0:
        sentence(done, file.name.split(".")[0])
        if change is remove:
            raise Problem(f"a missing file isn't made again: {done}")
        file.unlink(missing_ok=True)
        if file.parent == t.folder:
            file.write_bytes(before)
    elif file.exists() and file.read_bytes() != before and file in files_in(t, "encoders"):
        raise Problem("a wrong encoder was used")
    t.finish("--retry-failed")


def encoders(t):
    accepted(t.run(*RUN, "--only", "kind=pretrain"))
    then_named(t, t.random.choice(files_in(t, "encoders")), CHANGES[t.number % 4])


def checkpoints(t):
    """Interrupted while two of them are there, of one job each."""
    for seed in (0, 1):
        worker = t.start(*RUN, "--only", f"kind=pretrain,seed={seed}")
        t.wait_for(lambda: len(files_in(t, "checkpoints")) > seed, "a checkpoint", process=worker)
        t.kill(worker)
        worker.wait()
    then_named(t, t.random.choice(files_in(t, "checkpoints")), CHANGES[t.number % 4])


def features(t):
    """The features of all encoders are there, since only some of their evaluations are done."""
    accepted(t.run(*RUN, "--only", "protocol=frozen"))
    file = t.random.choice(files_in(t, "features"))
    then_named(t, file, CHANGES[t.number % 4])


def prepared(t):
    """The prepared images: before a run, or while it works."""
    file = t.path("images.safetensors")
    change = (flip, cut)[t.number // 2 % 2]
    if t.number % 2 == 0:
        accepted(t.run(*RUN, "--only", "kind=pretrain"))
        return then_named(t, file, change)
    before = file.read_bytes()
    worker = t.start()
    t.wait_for(lambda: files_in(t, "encoders"), "an encoder", process=worker)
    change(t, file)
    done = t.ended(worker)
    sentence(done, "images.safetensors")
    file.write_bytes(before)
    t.finish("--retry-failed")


def audits(t):
    """What the audit of duplicates found: made again if it isn't what it was."""
    accepted(t.run(*RUN, "--only", "kind=pretrain,seed=0"))
    then_named(t, t.random.choice(files_in(t, "audits")), (cut, remove, flip)[t.number % 3])


def results_removed(t):
    """The results file is removed, or renamed, while a run writes to it."""
    worker = t.start()
    file, other = t.path("results.db"), t.path("results.kept")
    log = t.folder / "results.log"
    t.wait_for(lambda: log.exists() and "] [1/" in log.read_text(), "a finished job", process=worker)
    for ending in ("", "-wal", "-shm"):
        if (from_ := t.folder / f"results.db{ending}").exists():
            from_.unlink() if t.number % 2 else from_.rename(f"{other}{ending}")
    sentence(t.ended(worker), "moved or removed")
    if t.number % 2 == 0:
        for ending in ("", "-wal", "-shm"):
            if (from_ := t.folder / f"{other}{ending}").exists():
                from_.rename(f"{file}{ending}")
        if connect(file).execute("SELECT count(*) FROM jobs WHERE state = 'done'").fetchone()[0] == 0:
            raise Problem("finished jobs are lost")
    t.finish("--retry-failed")
