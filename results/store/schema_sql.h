#pragma once

namespace mlvicx {

// What each column means is in docs/results_file.md.

inline constexpr const char* schema_1_tables = R"sql(
CREATE TABLE experiments (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    plan TEXT NOT NULL CHECK (json_valid(plan)),
    plan_hash TEXT NOT NULL,
    created TEXT NOT NULL,
    used TEXT NOT NULL,
    turn INTEGER NOT NULL,
    UNIQUE (name, plan_hash)
);
CREATE TABLE cells (
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('pretrain', 'evaluate')),
    method TEXT NOT NULL,
    dataset TEXT NOT NULL,
    protocol TEXT NOT NULL,
    fraction REAL NOT NULL,
    seed INTEGER NOT NULL,
    config TEXT NOT NULL CHECK (json_valid(config)),
    state TEXT NOT NULL DEFAULT 'missing' CHECK (state IN ('missing', 'running', 'failed', 'done')),
    owner TEXT,
    lease_until REAL,
    error TEXT,
    git_commit TEXT,
    suite_version TEXT,
    libtorch_version TEXT,
    device TEXT,
    host TEXT,
    dataset_fingerprint TEXT,
    train_films INTEGER,
    details TEXT CHECK (details IS NULL OR json_valid(details)),
    started_at TEXT,
    finished_at TEXT,
    seconds REAL,
    CHECK ((state = 'running') = (owner IS NOT NULL)),
    CHECK ((state = 'failed') = (error IS NOT NULL))
);
CREATE TABLE experiment_cells (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    cell_id INTEGER NOT NULL REFERENCES cells (id) ON DELETE CASCADE,
    method TEXT NOT NULL,
    dataset TEXT NOT NULL,
    PRIMARY KEY (experiment_id, position)
) WITHOUT ROWID;
CREATE INDEX experiment_cells_by_cell ON experiment_cells (cell_id);
CREATE TABLE metrics (
    cell_id INTEGER NOT NULL REFERENCES cells (id) ON DELETE CASCADE,
    split TEXT NOT NULL,
    metric TEXT NOT NULL,
    position INTEGER NOT NULL,
    class TEXT NOT NULL,
    value REAL,
    positives INTEGER,
    negatives INTEGER,
    defined INTEGER NOT NULL,
    PRIMARY KEY (cell_id, split, metric, position)
) WITHOUT ROWID;
CREATE TABLE curves (
    cell_id INTEGER NOT NULL REFERENCES cells (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    value REAL,
    PRIMARY KEY (cell_id, name, epoch)
) WITHOUT ROWID;
CREATE TABLE film_sets (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    split TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    films INTEGER NOT NULL,
    classes TEXT NOT NULL CHECK (json_valid(classes)),
    labels BLOB NOT NULL,
    UNIQUE (fingerprint, split, content_hash)
);
CREATE TABLE scored_films (
    set_id INTEGER NOT NULL REFERENCES film_sets (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    film TEXT NOT NULL,
    patient TEXT NOT NULL,
    PRIMARY KEY (set_id, position)
) WITHOUT ROWID;
CREATE TABLE scores (
    cell_id INTEGER PRIMARY KEY REFERENCES cells (id) ON DELETE CASCADE,
    set_id INTEGER NOT NULL REFERENCES film_sets (id),
    scores BLOB NOT NULL
);
)sql";

// Of several registrations under one name (a plan that was changed), the views show the one used last. They call no
// function that an SQLite without the mathematical functions lacks, hence the range and no standard deviation.
inline constexpr const char* schema_2_views = R"sql(
CREATE VIEW evaluations AS
SELECT e.name AS experiment, x.dataset, c.protocol, x.method, c.fraction, c.seed, c.train_films,
       m.value AS auc, m.defined, c.finished_at, c.hash
FROM experiments e
JOIN experiment_cells x ON x.experiment_id = e.id
JOIN cells c ON c.id = x.cell_id AND c.state = 'done' AND c.kind = 'evaluate'
JOIN metrics m ON m.cell_id = c.id AND m.split = 'test' AND m.metric = 'auc' AND m.class = ''
WHERE e.turn = (SELECT max(turn) FROM experiments same WHERE same.name = e.name);

CREATE VIEW leaderboard AS
SELECT experiment, dataset, protocol, fraction,
       rank() OVER (PARTITION BY experiment, dataset, protocol, fraction ORDER BY avg(auc) DESC) AS place,
       method, round(100 * avg(auc), 2) AS auc, round(100 * min(auc), 2) AS lowest,
       round(100 * max(auc), 2) AS highest, count(auc) AS seeds, min(defined) AS classes
FROM evaluations
GROUP BY experiment, dataset, protocol, fraction, method
ORDER BY experiment, dataset, protocol, fraction, place;

CREATE VIEW low_data_curve AS
SELECT a.experiment, a.dataset, a.protocol, a.method, a.fraction, round(avg(a.train_films), 1) AS train_films,
       round(100 * avg(a.auc), 2) AS auc, count(a.auc) AS seeds,
       round(100 * (avg(a.auc) - (SELECT avg(r.auc) FROM evaluations r
                                  WHERE r.method = 'random' AND r.experiment = a.experiment AND r.dataset = a.dataset
                                    AND r.protocol = a.protocol AND r.fraction = a.fraction)), 2) AS over_random
FROM evaluations a
GROUP BY a.experiment, a.dataset, a.protocol, a.method, a.fraction
ORDER BY a.experiment, a.dataset, a.protocol, a.method, train_films;
)sql";

// What the audit found out about a result's test films.
inline constexpr const char* schema_3_leakage = R"sql(
CREATE TABLE leakage (
    cell_id INTEGER PRIMARY KEY REFERENCES cells (id) ON DELETE CASCADE,
    test_films INTEGER NOT NULL,
    in_training INTEGER NOT NULL,
    in_pretraining INTEGER
);
)sql";

// Label subsets that are drawn by a number of their own, and figures that each film has: pixel counts, hits, ...
inline constexpr const char* schema_4_film_values = R"sql(
ALTER TABLE cells ADD COLUMN draw INTEGER;
CREATE TABLE film_values (
    cell_id INTEGER NOT NULL REFERENCES cells (id) ON DELETE CASCADE,
    metric TEXT NOT NULL,
    set_id INTEGER NOT NULL REFERENCES film_sets (id),
    film_values BLOB NOT NULL,
    PRIMARY KEY (cell_id, metric)
);
)sql";

// The words of the field, what protocols are, and which evaluations are of a control. Of a control the file knew the
// name alone, and of protocols there were these.
inline constexpr const char* schema_5_names = R"sql(
DROP VIEW low_data_curve;
DROP VIEW leaderboard;
DROP VIEW evaluations;
DROP INDEX experiment_cells_by_cell;
ALTER TABLE cells RENAME TO jobs;
ALTER TABLE jobs RENAME COLUMN train_films TO train_images;
ALTER TABLE experiment_cells RENAME TO experiment_jobs;
ALTER TABLE experiment_jobs RENAME COLUMN cell_id TO job_id;
ALTER TABLE experiment_jobs ADD COLUMN control INTEGER NOT NULL DEFAULT 0 CHECK (control IN (0, 1));
UPDATE experiment_jobs SET control = 1 WHERE method = 'random';
CREATE INDEX experiment_jobs_by_job ON experiment_jobs (job_id);
ALTER TABLE metrics RENAME COLUMN cell_id TO job_id;
ALTER TABLE curves RENAME COLUMN cell_id TO job_id;
ALTER TABLE scores RENAME COLUMN cell_id TO job_id;
ALTER TABLE leakage RENAME COLUMN cell_id TO job_id;
ALTER TABLE leakage RENAME COLUMN test_films TO test_images;
ALTER TABLE film_sets RENAME TO image_sets;
ALTER TABLE image_sets RENAME COLUMN films TO images;
ALTER TABLE scored_films RENAME TO scored_images;
ALTER TABLE scored_images RENAME COLUMN film TO image;
ALTER TABLE film_values RENAME TO image_values;
ALTER TABLE image_values RENAME COLUMN cell_id TO job_id;
ALTER TABLE image_values RENAME COLUMN film_values TO image_values;

CREATE TABLE protocols (
    name TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    task TEXT NOT NULL CHECK (task IN ('classification', 'segmentation'))
) WITHOUT ROWID;
INSERT INTO protocols VALUES
    ('frozen', 'frozen (linear probe)', 'classification'),
    ('knn', 'nearest neighbours', 'classification'),
    ('partial', 'last stage fine-tuned', 'classification'),
    ('finetuned', 'fine-tuned', 'classification'),
    ('frozen_as_released', 'frozen, as released', 'classification'),
    ('finetuned_as_released', 'fine-tuned, as released', 'classification'),
    ('segmentation_frozen', 'segmentation, frozen encoder', 'segmentation'),
    ('segmentation_finetuned', 'segmentation, fine-tuned encoder', 'segmentation');

CREATE VIEW evaluations AS
SELECT e.name AS experiment, x.dataset, j.protocol, x.method, x.control, j.fraction, j.seed, j.train_images,
       m.value AS auc, m.defined, j.finished_at, j.hash
FROM experiments e
JOIN experiment_jobs x ON x.experiment_id = e.id
JOIN jobs j ON j.id = x.job_id AND j.state = 'done' AND j.kind = 'evaluate'
JOIN metrics m ON m.job_id = j.id AND m.split = 'test' AND m.metric = 'auc' AND m.class = ''
WHERE e.turn = (SELECT max(turn) FROM experiments same WHERE same.name = e.name);

CREATE VIEW leaderboard AS
SELECT experiment, dataset, protocol, fraction,
       rank() OVER (PARTITION BY experiment, dataset, protocol, fraction ORDER BY avg(auc) DESC) AS place,
       method, round(100 * avg(auc), 2) AS auc, round(100 * min(auc), 2) AS lowest,
       round(100 * max(auc), 2) AS highest, count(auc) AS seeds, min(defined) AS classes
FROM evaluations
GROUP BY experiment, dataset, protocol, fraction, method
ORDER BY experiment, dataset, protocol, fraction, place;

CREATE VIEW low_data_curve AS
SELECT a.experiment, a.dataset, a.protocol, a.method, a.fraction, round(avg(a.train_images), 1) AS train_images,
       round(100 * avg(a.auc), 2) AS auc, count(a.auc) AS seeds,
       round(100 * (avg(a.auc) - (SELECT avg(r.auc) FROM evaluations r
                                  WHERE r.control AND r.experiment = a.experiment AND r.dataset = a.dataset
                                    AND r.protocol = a.protocol AND r.fraction = a.fraction)), 2) AS over_random
FROM evaluations a
GROUP BY a.experiment, a.dataset, a.protocol, a.method, a.fraction
ORDER BY a.experiment, a.dataset, a.protocol, a.method, train_images;
)sql";

// What is known of the test images besides their findings, for subgroups; and pictures that a report shows.
inline constexpr const char* schema_6_attributes = R"sql(
CREATE TABLE image_attributes (
    set_id INTEGER NOT NULL REFERENCES image_sets (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    attribute_values TEXT NOT NULL CHECK (json_valid(attribute_values)),
    PRIMARY KEY (set_id, name)
);
CREATE TABLE pictures (
    job_id INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    caption TEXT NOT NULL,
    png BLOB NOT NULL,
    PRIMARY KEY (job_id, name)
);
)sql";

} // namespace mlvicx
