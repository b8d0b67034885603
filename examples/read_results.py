"""A results file in pandas: read_results.py RESULTS.db

Prints the mean test AUC of each method and label fraction, then recomputes one AUC from the stored scores.
Tables and columns: docs/results_file.md."""
import json
import sqlite3
import sys

import numpy as np
import pandas as pd

db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)

# One row for each finished evaluation; AUC in 0..1.
evaluations = pd.read_sql("SELECT * FROM evaluations", db)
table = evaluations.pivot_table(index=["dataset", "protocol", "method"], columns="fraction", values="auc", aggfunc="mean")
print((100 * table).round(1).to_string(), "\n")

# The scores of the first evaluation, image by image.
job, images, classes, labels, scores, set_id = db.execute(
    """SELECT j.hash, i.images, i.classes, i.labels, s.scores, i.id FROM scores s
       JOIN image_sets i ON i.id = s.set_id JOIN jobs j ON j.id = s.job_id ORDER BY j.id LIMIT 1""").fetchone()
classes = json.loads(classes)
scores = pd.DataFrame(np.frombuffer(scores, "<f4").reshape(images, len(classes)), columns=classes)
labels = pd.DataFrame(np.frombuffer(labels, "i1").reshape(images, len(classes)), columns=classes)
names = pd.read_sql("SELECT image, patient FROM scored_images WHERE set_id = ? ORDER BY position", db, params=[set_id])


def auc(score, label):
    """The fraction of pairs of a positive and a negative image that the positive wins; ties count half."""
    ranks, positive = score[label >= 0].rank(), label[label >= 0] == 1
    count, others = positive.sum(), (~positive).sum()
    if not count or not others:
        return float("nan")
    return (ranks[positive].sum() - count * (count + 1) / 2) / (count * others)


ours = pd.Series({name: auc(scores[name], labels[name]) for name in classes})
stored = pd.read_sql("SELECT m.class, m.value FROM metrics m JOIN jobs j ON j.id = m.job_id WHERE j.hash = ? "
                     "AND m.split = 'test' AND m.metric = 'auc' AND m.position > 0", db, params=[job])
both = pd.DataFrame({"stored": stored.set_index("class")["value"].astype(float), "recomputed": ours})
print(f"{images} images of {names['patient'].nunique()} patients, job {job[:8]}")
print(both.round(4).to_string())
