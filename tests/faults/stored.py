"""What a results file and its artifacts hold, in a form that two runs share if they have the same figures."""
import collections
import hashlib
import json
import pathlib
import sqlite3
import urllib.parse

# Times, rates, machines and processes. Everything else must be equal, to the last bit.
VOLATILE = {
    "jobs": {"id", "owner", "lease_until", "started_at", "finished_at", "seconds", "host", "device"},
    "experiments": {"id", "created", "used", "turn"},
    "image_sets": {"id"},
}
NAMES = {  # what identifies a row, where that isn't its primary key
    "jobs": ("hash",),
    "experiments": ("name", "plan_hash"),
    "image_sets": ("fingerprint", "split", "content_hash"),
}
REFERS = {"job_id": "jobs", "set_id": "image_sets", "experiment_id": "experiments"}


def connect(file, mode="rw"):
    """The last one to close a file that could be written removes what is beside it; a reader would leave it."""
    return sqlite3.connect(f"file:{urllib.parse.quote(str(file))}?mode={mode}", uri=True)


def without_rates(text):
    """`details` without what a clock measured, and with the encoder's file by its name alone."""
    details = json.loads(text)
    details.pop("images_per_second", None)
    details.pop("digests", None)  # of these rows, and of times
    weights = details.get("weights")
    if isinstance(weights, dict) and "file" in weights:
        weights["file"] = pathlib.PurePath(weights["file"]).name
    return json.dumps(details, sort_keys=True)


def rows(file):
    """Every row as (table, its name, its content)."""
    db = connect(file)
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    known = {table: {row[0]: "/".join(map(str, row[1:]))
                     for row in db.execute(f"SELECT id, {', '.join(NAMES[table])} FROM {table}")} for table in NAMES}
    for table in tables:
        columns = db.execute(f"PRAGMA table_info({table})").fetchall()
        names = [column[1] for column in columns]
        key = NAMES.get(table) or [column[1] for column in columns if column[5]]
        kept = [name for name in names if name not in VOLATILE.get(table, ())]
        for values in db.execute(f"SELECT * FROM {table}"):
            row = dict(zip(names, values))
            for column, target in REFERS.items():
                if column in row:
                    row[column] = known[target].get(row[column], f"no row {row[column]} of {target}")
            if table == "curves" and row["name"] == "images_per_second":
                continue
            if row.get("details") is not None:
                row["details"] = without_rates(row["details"])
            yield table, tuple(row[name] for name in key), tuple(row[name] for name in kept)
    db.close()


def artifacts(folder):
    """Every file as ("file", its name, the digest of its bytes)."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            yield "file", (str(file.relative_to(folder)),), (hashlib.sha256(file.read_bytes()).hexdigest(),)


def is_sound(file):
    """Empty, or what SQLite's own checks of the file found."""
    db = connect(file)
    found = [str(row[0]) for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    found += [f"{row[0]} refers to no row of {row[2]}" for row in db.execute("PRAGMA foreign_key_check")]
    db.close()
    return "; ".join(found[:3])


class Stored:
    """All of a results file and its artifacts: the contents of each row and file, by table and name."""

    def __init__(self, folder, results="results"):
        self.rows = collections.defaultdict(list)
        for table, name, content in (*rows(folder / f"{results}.db"), *artifacts(folder / f"{results}.artifacts")):
            self.rows[table, name].append(content)

    def lost(self, other):
        """Names of what `other` lacks, or has with another content."""
        return [name for name, contents in self.rows.items() if contents[0] not in other.rows.get(name, ())]

    def doubled(self, other):
        """Names of what `other` has twice, or in addition."""
        return [name for name, contents in other.rows.items() if len(contents) > len(self.rows.get(name, ()))]
