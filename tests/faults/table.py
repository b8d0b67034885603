"""The faults: what each is called, what it does to a sweep, and how often it is tried."""
import dataclasses
from typing import Callable

import clocks
import database
import disks
import edited
import full_disks
import killed
import surroundings


@dataclasses.dataclass
class Fault:
    name: str
    work: Callable  # takes the Trial, disturbs it, and compares (trial.same, trial.finish)
    tries: int
    short: int = 0  # tries of --short


FAULTS = [
    Fault("kill -9, two workers", killed.killed, 100, 5),
    Fault("kill -9 of both workers", killed.both_killed, 5),
    Fault("stopped past its lease, then continued", killed.stopped, 5),
    Fault("stopped for two minutes, then continued", killed.stopped_for_long, 1),
    Fault("SIGTERM twice within a second", killed.told_twice, 10),
    Fault("clock set forward and back", clocks.moved, 5),
    Fault("full disk: preparing", full_disks.preparing, 6, 1),
    Fault("full disk: checkpoints and encoders", full_disks.checkpointing, 5),
    Fault("full disk: features", full_disks.writing_features, 5),
    Fault("full disk: results", full_disks.writing_results, 5, 1),
    Fault("full disk: report", full_disks.writing_reports, 6),
    Fault("read-only folder", disks.read_only, 2),
    Fault("disk that fails or goes away", disks.gone, 8),
    Fault("results file removed or renamed in a run", edited.results_removed, 2),
    Fault("results file locked for seconds", database.locked, 3),
    Fault("results file locked for over a minute", database.locked_for_long, 1),
    Fault("log removed, cut, or damaged", database.without_log, 15, 1),
    Fault("results file of an older program", database.older, 5),
    Fault("results file of a newer program", database.newer, 2),
    Fault("encoder removed, edited, confused", edited.encoders, 4, 1),
    Fault("checkpoint removed, edited, confused", edited.checkpoints, 4),
    Fault("features removed, edited, confused", edited.features, 4),
    Fault("prepared images edited", edited.prepared, 4),
    Fault("audit removed or edited", edited.audits, 3),
    Fault("out of memory: address space", surroundings.without_memory, 6),
    Fault("out of memory: killed", surroundings.memory_taken, 3),
    Fault("LC_ALL=de_DE.UTF-8", surroundings.german, 1),
    Fault("names with blanks, umlauts, quotes", surroundings.named, 3),
    Fault("no HOME, no standard streams", surroundings.homeless, 2),
    Fault("terminal of 40 columns", surroundings.narrow, 1),
]
