-- A results file as schema 2 made it, with one finished and one failed cell: later programs must be able to open it.
-- Schema 1 with the views of schema_2_views (results/store/schema_sql.h); never change this file.
PRAGMA application_id = 1296848472;
PRAGMA user_version = 2;
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

INSERT INTO experiments VALUES (1, 'first', '{"name":"first"}', '0a0a', '2025-03-01T10:00:00Z', '2025-03-01T10:00:00Z', 1);
INSERT INTO cells VALUES (1, '0123456789abcdef', 'evaluate', 'vicreg', 'nih', 'frozen', 0.1, 0, '{"seed":0}', 'done', NULL, NULL,
    NULL, 'abc1234', '0.1.0', '1.13.0', 'cpu', 'box', 'f1n9e2', 70, '{"l2":0.01}', '2025-03-01T10:00:01Z',
    '2025-03-01T10:00:09Z', 8.5);
INSERT INTO cells VALUES (2, 'fedcba9876543210', 'evaluate', 'vicreg', 'nih', 'frozen', 0.1, 1, '{"seed":1}', 'failed', NULL, NULL,
    'out of memory', 'abc1234', '0.1.0', '1.13.0', 'cpu', 'box', NULL, NULL, NULL, '2025-03-01T10:00:09Z',
    '2025-03-01T10:00:10Z', NULL);
INSERT INTO experiment_cells VALUES (1, 0, 1, 'vicreg', 'nih');
INSERT INTO experiment_cells VALUES (1, 1, 2, 'vicreg', 'nih');
INSERT INTO metrics VALUES (1, 'test', 'auc', 0, '', 0.8125, NULL, NULL, 1);
INSERT INTO metrics VALUES (1, 'test', 'auc', 1, 'Mass', 0.8125, 1, 1, 1);
INSERT INTO curves VALUES (1, 'validation_auc', 0, 0.75);
INSERT INTO film_sets VALUES (1, 'f1n9e2', 'test', '0b0b', 2, '["Mass"]', x'0100');
INSERT INTO scored_films VALUES (1, 0, 'a.png', 'p1');
INSERT INTO scored_films VALUES (1, 1, 'b.png', 'p2');
INSERT INTO scores VALUES (1, 1, x'0000003f0000803e');
