-- A results file as schema 5 made it, with one finished and one failed job, a control and a segmentation: later programs
-- must be able to open it. The dump of schema 4's file after schema_5_names (results/store/schema_sql.h); never change this
-- file.
PRAGMA application_id = 1296848472;
PRAGMA user_version = 5;
CREATE TABLE curves (
    job_id INTEGER NOT NULL REFERENCES "jobs" (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    value REAL,
    PRIMARY KEY (job_id, name, epoch)
) WITHOUT ROWID;
CREATE TABLE "experiment_jobs" (
    experiment_id INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    job_id INTEGER NOT NULL REFERENCES "jobs" (id) ON DELETE CASCADE,
    method TEXT NOT NULL,
    dataset TEXT NOT NULL, control INTEGER NOT NULL DEFAULT 0 CHECK (control IN (0, 1)),
    PRIMARY KEY (experiment_id, position)
) WITHOUT ROWID;
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
CREATE TABLE "image_sets" (
    id INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    split TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    images INTEGER NOT NULL,
    classes TEXT NOT NULL CHECK (json_valid(classes)),
    labels BLOB NOT NULL,
    UNIQUE (fingerprint, split, content_hash)
);
CREATE TABLE "image_values" (
    job_id INTEGER NOT NULL REFERENCES "jobs" (id) ON DELETE CASCADE,
    metric TEXT NOT NULL,
    set_id INTEGER NOT NULL REFERENCES "image_sets" (id),
    image_values BLOB NOT NULL,
    PRIMARY KEY (job_id, metric)
);
CREATE TABLE "jobs" (
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
    train_images INTEGER,
    details TEXT CHECK (details IS NULL OR json_valid(details)),
    started_at TEXT,
    finished_at TEXT,
    seconds REAL, draw INTEGER,
    CHECK ((state = 'running') = (owner IS NOT NULL)),
    CHECK ((state = 'failed') = (error IS NOT NULL))
);
CREATE TABLE leakage (
    job_id INTEGER PRIMARY KEY REFERENCES "jobs" (id) ON DELETE CASCADE,
    test_images INTEGER NOT NULL,
    in_training INTEGER NOT NULL,
    in_pretraining INTEGER
);
CREATE TABLE metrics (
    job_id INTEGER NOT NULL REFERENCES "jobs" (id) ON DELETE CASCADE,
    split TEXT NOT NULL,
    metric TEXT NOT NULL,
    position INTEGER NOT NULL,
    class TEXT NOT NULL,
    value REAL,
    positives INTEGER,
    negatives INTEGER,
    defined INTEGER NOT NULL,
    PRIMARY KEY (job_id, split, metric, position)
) WITHOUT ROWID;
CREATE TABLE protocols (
    name TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    task TEXT NOT NULL CHECK (task IN ('classification', 'segmentation'))
) WITHOUT ROWID;
CREATE TABLE "scored_images" (
    set_id INTEGER NOT NULL REFERENCES "image_sets" (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    image TEXT NOT NULL,
    patient TEXT NOT NULL,
    PRIMARY KEY (set_id, position)
) WITHOUT ROWID;
CREATE TABLE scores (
    job_id INTEGER PRIMARY KEY REFERENCES "jobs" (id) ON DELETE CASCADE,
    set_id INTEGER NOT NULL REFERENCES "image_sets" (id),
    scores BLOB NOT NULL
);
INSERT INTO "experiments" VALUES(1,'first','{"name":"first"}','0a0a','2025-03-01T10:00:00Z','2025-03-01T10:00:00Z',1);
INSERT INTO "jobs" VALUES(1,'0123456789abcdef','evaluate','vicreg','nih','frozen',0.1,0,'{"seed":0}','done',NULL,NULL,NULL,'abc1234','0.1.0','1.13.0','cpu','box','f1n9e2',70,'{"l2":0.01}','2025-03-01T10:00:01Z','2025-03-01T10:00:09Z',8.5,NULL);
INSERT INTO "jobs" VALUES(2,'fedcba9876543210','evaluate','vicreg','nih','frozen',0.1,1,'{"seed":1}','failed',NULL,NULL,'out of memory','abc1234','0.1.0','1.13.0','cpu','box',NULL,NULL,NULL,'2025-03-01T10:00:09Z','2025-03-01T10:00:10Z',NULL,NULL);
INSERT INTO "jobs" VALUES(3,'00000000000000c3','evaluate','random','nih','frozen',0.1,0,'{"seed":2}','done',NULL,NULL,NULL,'abc1234','0.1.0','1.13.0','cpu','box','f1n9e2',70,'{}','2025-03-01T10:00:01Z','2025-03-01T10:00:09Z',8.5,NULL);
INSERT INTO "jobs" VALUES(4,'00000000000000d4','evaluate','vicreg','nih','segmentation_frozen',0.1,0,'{"seed":3}','done',NULL,NULL,NULL,'abc1234','0.1.0','1.13.0','cpu','box','f1n9e2',70,'{}','2025-03-01T10:00:01Z','2025-03-01T10:00:09Z',8.5,NULL);
INSERT INTO "image_sets" VALUES(1,'f1n9e2','test','0b0b',2,'["Mass"]',X'0100');
INSERT INTO "image_sets" VALUES(2,'f1n9e2','test','0c0c',2,'["Lung"]',X'0101');
INSERT INTO "scored_images" VALUES(1,0,'a.png','p1');
INSERT INTO "scored_images" VALUES(1,1,'b.png','p2');
INSERT INTO "scored_images" VALUES(2,0,'a.png','p1');
INSERT INTO "scored_images" VALUES(2,1,'b.png','p2');
INSERT INTO "curves" VALUES(1,'validation_auc',0,0.75);
INSERT INTO "experiment_jobs" VALUES(1,0,1,'vicreg','nih',0);
INSERT INTO "experiment_jobs" VALUES(1,1,2,'vicreg','nih',0);
INSERT INTO "experiment_jobs" VALUES(1,2,3,'random','nih',1);
INSERT INTO "experiment_jobs" VALUES(1,3,4,'vicreg','nih',0);
INSERT INTO "image_values" VALUES(4,'intersection',2,X'0000803F0000803F');
INSERT INTO "image_values" VALUES(4,'predicted',2,X'0000004000000040');
INSERT INTO "image_values" VALUES(4,'truth',2,X'0000004000000040');
INSERT INTO "leakage" VALUES(1,2,0,NULL);
INSERT INTO "metrics" VALUES(1,'test','auc',0,'',0.8125,NULL,NULL,1);
INSERT INTO "metrics" VALUES(1,'test','auc',1,'Mass',0.8125,1,1,1);
INSERT INTO "metrics" VALUES(3,'test','auc',0,'',0.75,NULL,NULL,1);
INSERT INTO "metrics" VALUES(3,'test','auc',1,'Mass',0.75,1,1,1);
INSERT INTO "metrics" VALUES(4,'test','dice',0,'',0.5,NULL,NULL,1);
INSERT INTO "metrics" VALUES(4,'test','dice',1,'Lung',0.5,2,0,1);
INSERT INTO "metrics" VALUES(4,'test','dice_pooled',0,'',0.5,NULL,NULL,1);
INSERT INTO "metrics" VALUES(4,'test','dice_pooled',1,'Lung',0.5,2,0,1);
INSERT INTO "metrics" VALUES(4,'test','dice_positives',0,'',0.5,NULL,NULL,1);
INSERT INTO "metrics" VALUES(4,'test','dice_positives',1,'Lung',0.5,2,0,1);
INSERT INTO "metrics" VALUES(4,'test','iou',0,'',3.33333333333333314829e-01,NULL,NULL,1);
INSERT INTO "metrics" VALUES(4,'test','iou',1,'Lung',3.33333333333333314829e-01,2,0,1);
INSERT INTO "metrics" VALUES(4,'test','iou_pooled',0,'',3.33333333333333314829e-01,NULL,NULL,1);
INSERT INTO "metrics" VALUES(4,'test','iou_pooled',1,'Lung',3.33333333333333314829e-01,2,0,1);
INSERT INTO "metrics" VALUES(4,'test','iou_positives',0,'',3.33333333333333314829e-01,NULL,NULL,1);
INSERT INTO "metrics" VALUES(4,'test','iou_positives',1,'Lung',3.33333333333333314829e-01,2,0,1);
INSERT INTO "protocols" VALUES('finetuned','fine-tuned','classification');
INSERT INTO "protocols" VALUES('finetuned_as_released','fine-tuned, as released','classification');
INSERT INTO "protocols" VALUES('frozen','frozen (linear probe)','classification');
INSERT INTO "protocols" VALUES('frozen_as_released','frozen, as released','classification');
INSERT INTO "protocols" VALUES('knn','nearest neighbours','classification');
INSERT INTO "protocols" VALUES('partial','last stage fine-tuned','classification');
INSERT INTO "protocols" VALUES('segmentation_finetuned','segmentation, fine-tuned encoder','segmentation');
INSERT INTO "protocols" VALUES('segmentation_frozen','segmentation, frozen encoder','segmentation');
INSERT INTO "scores" VALUES(1,1,X'0000003F0000803E');
CREATE INDEX experiment_jobs_by_job ON experiment_jobs (job_id);
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
