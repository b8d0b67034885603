"""Tables of a results file."""
import json
import pathlib
import sqlite3
import struct
import urllib.parse

_job_columns = ("method", "dataset", "protocol", "fraction", "seed", "draw")


def open(path, pandas=None):
    """Opens a results file for reading. Tables are pandas.DataFrame if pandas is installed, else lists of dicts;
    `pandas` True or False decides. FileNotFoundError, or ValueError for a file that is not a results file."""
    return Results(path, pandas)


class Results:
    def __init__(self, path, pandas=None):
        path = pathlib.Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"{path}: there is no such file, expected a results file")
        self._path = path
        self._frame = _frame(pandas)
        self._db = sqlite3.connect(f"file:{urllib.parse.quote(str(path.resolve()))}?mode=ro", uri=True)
        self._db.row_factory = sqlite3.Row
        try:
            found = {row["name"] for row in self._db.execute("SELECT name FROM sqlite_master")}
        except sqlite3.DatabaseError as error:
            raise ValueError(f"{path}: {error}, expected a results file of mlvicx-bench") from None
        lacking = sorted({"jobs", "scores", "image_sets", "scored_images", "leaderboard"} - found)
        if lacking:
            raise ValueError(f"{path}: has no {', '.join(lacking)}, expected a results file of mlvicx-bench; one of an "
                             f"older version is brought up to date by: mlvicx-bench report {path}")

    def leaderboard(self, **where):
        """Test AUC (in percent) by experiment, dataset, protocol, fraction and method, best first."""
        return self._select("leaderboard", where)

    def low_data_curve(self, **where):
        """Test AUC (in percent) of each method as the labels grow, and its difference to the controls."""
        return self._select("low_data_curve", where)

    def evaluations(self, **where):
        """One row for each evaluation: its test AUC (0 to 1), its seed and the hash of its job."""
        return self._select("evaluations", where)

    def scores(self, **where):
        """The test images' scores of all evaluations that fit, e.g. method="mlvicx", dataset, protocol, fraction,
        seed, draw: a row for each image and class, with its patient, and its label 1, 0 or None (unknown).
        ValueError if no evaluation fits."""
        unknown = sorted(set(where) - set(_job_columns))
        if unknown:
            raise ValueError(f"scores has no {', '.join(unknown)}, expected any of: {', '.join(_job_columns)}")
        names = ", ".join(f"j.{name}" for name in _job_columns)
        jobs = self._db.execute(
            f"SELECT {names}, s.set_id, s.scores, i.images, i.classes, i.labels FROM scores s "
            f"JOIN jobs j ON j.id = s.job_id JOIN image_sets i ON i.id = s.set_id WHERE j.state = 'done'"
            f"{''.join(f' AND j.{name} IS ?' for name in where)} ORDER BY j.id", list(where.values())).fetchall()
        if not jobs:
            raise ValueError(f"{self._path}: no evaluation with scores has {where}")
        rows = []
        for job in jobs:
            classes = json.loads(job["classes"])
            images = self._db.execute("SELECT image, patient FROM scored_images WHERE set_id = ? ORDER BY position",
                                      [job["set_id"]]).fetchall()
            cells = len(images) * len(classes)
            scores = struct.unpack(f"<{cells}f", job["scores"])
            labels = struct.unpack(f"{cells}b", job["labels"])
            head = {name: job[name] for name in _job_columns}
            for at in range(cells):
                image = images[at // len(classes)]
                label = labels[at] if labels[at] in (0, 1) else None
                rows.append({**head, "image": image["image"], "patient": image["patient"],
                             "class": classes[at % len(classes)], "label": label, "score": scores[at]})
        return self._frame(rows)

    def _select(self, view, where):
        columns = [row["name"] for row in self._db.execute(f"PRAGMA table_info({view})")]
        unknown = sorted(set(where) - set(columns))
        if unknown:
            raise ValueError(f"{view} has no {', '.join(unknown)}, expected any of: {', '.join(columns)}")
        condition = " AND ".join(f"{name} IS ?" for name in where) or "1"
        rows = self._db.execute(f"SELECT * FROM {view} WHERE {condition}", list(where.values()))
        return self._frame([dict(row) for row in rows])

    def close(self):
        self._db.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _frame(wanted):
    """What makes a table of a list of dicts."""
    if wanted is False:
        return list
    try:
        import pandas
    except ImportError:
        if wanted:
            raise
        return list
    return pandas.DataFrame
