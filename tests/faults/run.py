#!/usr/bin/env python3
"""Disturbs a sweep in every way of the table (table.py), and counts what is lost or doubled.

    run.py PROGRAM [--short] [--only NAME] [--seed N] [--jobs N] [--json FILE] [--keep FOLDER]

PROGRAM is mlvicx-bench. Every fault must leave the tables of one undisturbed run, byte by byte, or be refused in one
sentence with an exit status and an intact file. Prints a table in Markdown; exits with 1 if anything is lost or
doubled, or a try went wrong. Needs only Python's standard library; disks are mounted in a namespace of its own.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from sweep import Problem, Skip
from table import FAULTS
from trial import Trial, Undisturbed

INSIDE = "MLVICX_FAULTS_INSIDE"


@dataclasses.dataclass
class Row:
    """A line of the table."""

    fault: str
    tries: int = 0
    survived: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: float = 0
    skipped: str = ""
    problems: list = dataclasses.field(default_factory=list)


def disturb(fault, wanted, whole, folder, seed):
    row = Row(fault.name)
    begin = time.monotonic()
    number = 0
    while row.tries < wanted:
        trial = Trial(whole, folder / str(number), f"{seed} {fault.name} {number}", number)
        problem = ""
        try:
            fault.work(trial)
        except Skip as why:
            row.skipped = str(why)
            break
        except Problem as found:
            problem = str(found)
        except Exception as found:  # of this program; the other faults go on
            problem = f"{type(found).__name__}: {found}"
        finally:
            trial.close()
        row.tries += trial.tries
        row.lost += len(trial.lost)
        row.doubled += len(trial.doubled)
        for what, found in (("lost or changed", trial.lost), ("twice", trial.doubled)):
            if found and not problem:
                problem = f"{what}: {', '.join(' '.join(map(str, (a, *b))) for a, b in found[:3])}"
        if problem:
            row.problems.append(f"try {number}: {problem}")
        else:
            row.survived += trial.tries
            shutil.rmtree(folder / str(number), ignore_errors=True)
        number += 1
    row.seconds = time.monotonic() - begin
    return row


def line(row):
    tries = "skipped" if row.skipped and not row.tries else row.tries
    return f"| {row.fault} | {tries} | {row.survived} | {row.lost} | {row.doubled} |"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--short", action="store_true", help="a few tries of the faults that need little time")
    parser.add_argument("--only", metavar="NAME", default="", help="the faults whose name contains NAME")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments and places")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="faults at a time; some only wait")
    parser.add_argument("--json", metavar="FILE", help="writes the table as JSON too")
    parser.add_argument("--keep", metavar="FOLDER", help="works in this folder and leaves what went wrong there")
    return parser.parse_args()


def in_own_namespace():
    """Starts this program again where it may mount; it goes on without, if that isn't allowed."""
    if INSIDE in os.environ:
        return
    own = ["unshare", "--mount", "--propagation", "private"] + ([] if os.geteuid() == 0 else ["--map-root-user"])
    allowed = shutil.which("unshare") and subprocess.run([*own, "true"], stderr=subprocess.DEVNULL).returncode == 0
    os.environ[INSIDE] = "1"
    if allowed:
        os.execvp("unshare", [*own, sys.executable, *sys.argv])


def main():
    given = arguments()
    in_own_namespace()
    place = pathlib.Path(given.keep or tempfile.mkdtemp(prefix="mlvicx-faults-")).absolute()
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o755)  # some tries are another user's
    try:
        whole = Undisturbed(os.path.abspath(given.program), place / "undisturbed")
        print("| fault | tries | survived | lost | doubled |\n|:--|--:|--:|--:|--:|", flush=True)

        def row_of(fault):
            name = re.sub(r"\W+", "-", fault.name)
            return disturb(fault, fault.short if given.short else fault.tries, whole, place / name, given.seed)

        chosen = [fault for fault in FAULTS if given.only in fault.name and (fault.short or not given.short)]
        with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
            rows = []
            for row in pool.map(row_of, chosen):
                print(line(row), flush=True)
                rows.append(row)
    finally:
        if not given.keep:
            shutil.rmtree(place, ignore_errors=True)
    for row in rows:
        for text in row.problems + ([f"skipped: {row.skipped}"] if row.skipped else []):
            print(f"{row.fault}: {text}")
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps([dataclasses.asdict(row) for row in rows], indent=1) + "\n")
    wrong = [row for row in rows if row.lost or row.doubled or row.survived < row.tries]
    print(f"faults: {sum(row.tries for row in rows)} tries, seed {given.seed}, "
          f"{len(wrong)} of {len(rows)} faults went wrong" if wrong else
          f"faults: {sum(row.tries for row in rows)} tries, seed {given.seed}, nothing lost, nothing doubled")
    sys.exit(1 if wrong else 0)


main()
