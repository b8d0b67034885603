"""Cases: sources that change, copies and the audit."""
import os
import shutil
import sqlite3

from run import Case

LABELS, FRESH = "d16-stale-labels", "d16-stale-preparation-fresh"


def copied(run, folder, name):
    target = run.out / name
    shutil.copytree(run.folder.parent / folder, target)
    return target


def auc(results):
    """Test AUC of the evaluation that finished last."""
    with sqlite3.connect(results) as db:
        return db.execute("SELECT m.value FROM metrics m JOIN jobs c ON c.id = m.job_id WHERE m.split = 'test' "
                          "AND m.metric = 'auc' AND m.position = 0 ORDER BY c.seed, c.id DESC").fetchone()[0]


def ran_before(change):
    """A first run of the plan in {out}/work, then the change of its sources."""

    def setup(run):
        work = copied(run, run.folder.name, "work")
        status, output = run.also(f"run {work}/plan.json --results {run.out}/r.db")
        if status != 0:
            raise RuntimeError(f"the first run ends with {status}: {output.strip().splitlines()[-1]}")
        if change:
            change(run, work)

    return setup


def other_labels(run, work):
    shutil.copy(run.folder.parent / FRESH / "m.csv", work / "m.csv")


def other_images(run, work):
    for image in (run.folder.parent / (LABELS if run.folder.name == FRESH else FRESH)).glob("*.png"):
        shutil.copy(image, work / image.name)


def touched(run, work):
    os.utime(work / "0.png")


def gone(run, work):
    for file in list(work.glob("*.png")) + [work / "m.csv"]:
        file.unlink()


def as_fresh(run):
    """The AUC equals that of a first run on the current sources."""
    status, output = run.also(f"run {{out}}/work/plan.json --results {{out}}/fresh.db")
    if status != 0:
        return f"the fresh run ends with {status}: {output}"
    found, right = auc(run.out / "r.db"), auc(run.out / "fresh.db")
    return None if found == right else f"AUC {found}, a fresh run has {right}"


again = "run {out}/work/plan.json --results {out}/r.db"
cases = [
    Case(LABELS, again, says=(r"m\.csv changed since it was prepared", "earlier results stay"), check=as_fresh,
         setup=ran_before(other_labels), name="labels corrected"),
    Case(FRESH, again, says=(r"images or masks changed since it was prepared",), check=as_fresh,
         setup=ran_before(other_images), name="images replaced"),
    Case(LABELS, again, says=("its content is the same", "nothing to do"), setup=ran_before(touched),
         name="an image touched"),
    Case(LABELS, again, says=("nothing to do",), never=("changed", "preparing"), setup=ran_before(None),
         name="nothing changed"),
    Case(LABELS, again, says=("nothing to do",), never=("changed", "preparing"), setup=ran_before(gone),
         name="sources gone"),
    Case(LABELS, again + " --trust-prepared", says=("nothing to do",), never=("changed", "preparing"),
         setup=ran_before(other_labels), name="prepared data trusted"),
]
