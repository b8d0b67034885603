"""The results file: locked by another program, without its log, of another version."""
import os
import pathlib
import shutil
import sqlite3

from stored import Stored, connect, is_sound
from sweep import Problem, accepted, sentence

SCHEMAS = pathlib.Path(__file__).resolve().parents[1] / "reference"


class Lock:
    """Another program that keeps the results file for itself, within the block."""

    def __init__(self, trial):
        self.db = sqlite3.connect(trial.path("results.db"), timeout=60, isolation_level=None)

    def __enter__(self):
        self.db.execute("BEGIN EXCLUSIVE")

    def __exit__(self, *_):
        self.db.execute("ROLLBACK")
        self.db.close()


def has_results(t):
    """The file has its tables and a plan."""
    if not t.path("results.db").exists():
        return False
    try:
        return connect(t.path("results.db")).execute("SELECT count(*) FROM jobs").fetchone()[0] > 0
    except sqlite3.Error:
        return False


def locked(t):
    """For some seconds, at any moment: the program waits."""
    worker = t.start()
    if t.wait_for(lambda: has_results(t), "the plan's jobs", process=worker):
        t.pause(0, 2)
        with Lock(t):
            t.pause(0.5, 3)
    accepted(t.ended(worker))
    t.finish()


def locked_for_long(t):
    """For more than a minute."""
    worker = t.start()
    t.wait_for(lambda: has_results(t), "the plan's jobs", process=worker)
    t.pause(0, 1)
    with Lock(t):
        sentence(t.ended(worker), "has been locked by another program for more than a minute")
    t.finish()


def change(t, file):
    """Removes, cuts or flips a bit of the log."""
    how = ("removed", "cut", "flipped")[t.number % 3]
    size = file.stat().st_size
    if how == "removed":
        file.unlink()
        if t.number % 2:
            pathlib.Path(str(file)[:-4] + "-shm").unlink(missing_ok=True)
    elif how == "cut":
        os.truncate(file, t.random.randrange(size))
    else:
        with open(file, "r+b") as log:
            at = t.random.randrange(size)
            log.seek(at)
            byte = log.read(1)[0]
            log.seek(at)
            log.write(bytes([byte ^ 1 << t.random.randrange(8)]))


def without_log(t):
    """Killed, and then its write-ahead log is removed, cut or damaged: what was only there is computed again."""
    log = t.path("results.db-wal")
    worker = t.start()
    t.wait_for(lambda: log.exists() and log.stat().st_size > 0, "a log", process=worker)
    t.pause(0, 3)
    t.kill(worker)
    worker.wait()
    if log.exists() and log.stat().st_size > 0:
        change(t, log)
    t.finish()


def older(t):
    """Two workers begin with a file of an older program, which keeps its results."""
    schema = 1 + t.number % 5
    file = t.path("results.db")
    db = sqlite3.connect(file)
    db.executescript((SCHEMAS / f"results_schema_{schema}.sql").read_text())
    db.close()
    shutil.copyfile(file, t.path("old.db"))
    accepted(t.run("status", "old.db"))  # migrates it
    workers = [t.start(), t.start()]
    for worker in workers:
        accepted(t.ended(worker))
    if broken := is_sound(file):
        raise Problem(f"the results file is damaged: {broken}")
    t.path("old.artifacts").mkdir()
    old, both = (Stored(t.folder, name) for name in ("old", "results"))
    t.lost += t.whole.stored.lost(both) + [name for name in old.lost(both) if name[0] != "protocols"]
    t.doubled += [name for name in t.whole.stored.doubled(both) if name not in old.rows]


def newer(t):
    """A newer program has changed the file: before the run, or while it works."""
    worker = t.start()
    t.wait_for(lambda: has_results(t), "the plan's jobs", process=worker)
    if t.number % 2 == 0:
        accepted(t.ended(worker))
    db = sqlite3.connect(t.path("results.db"), timeout=60, isolation_level=None)
    (schema,) = db.execute("PRAGMA user_version").fetchone()
    db.execute("PRAGMA user_version = 99")
    rows = db.execute("SELECT count(*) FROM metrics").fetchone()
    expected = f"results schema 99, expected at most {schema}; a newer mlvicx-bench is needed"
    if t.number % 2:
        sentence(t.ended(worker), expected)
    for words in (("run", "plan.json"), ("report", "results.db"), ("status", "results.db")):
        sentence(t.run(*words), expected)
    if t.number % 2 == 0 and db.execute("SELECT count(*) FROM metrics").fetchone() != rows:
        raise Problem("a file that was refused has changed")
    db.execute(f"PRAGMA user_version = {schema}")
    db.close()
    t.finish()
