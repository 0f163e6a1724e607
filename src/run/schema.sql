-- money.db, version 1: the journal, the ledger and what the commands read. docs/formats/money-db.md
-- explains each table. Forward only: a later version is a further numbered file.
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT OR IGNORE INTO meta VALUES('version', '1');

-- One row per run: what is known at its creation, and the projection of its state for SELECTs.
CREATE TABLE IF NOT EXISTS runs(
  id TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  step TEXT NOT NULL,
  root TEXT NOT NULL,
  place TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  machine_class TEXT NOT NULL,
  record_run TEXT NOT NULL,
  facts TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  active INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  resumed_from TEXT NOT NULL,
  checkpoints INTEGER NOT NULL,
  last_checkpoint TEXT NOT NULL,
  exit_code INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER NOT NULL,
  busy_ms INTEGER NOT NULL,
  micro_usd INTEGER NOT NULL,
  outputs TEXT NOT NULL,
  metrics TEXT NOT NULL,
  tail TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS one_active_run_of_a_step ON runs(root, step) WHERE active = 1;
CREATE INDEX IF NOT EXISTS runs_by_time ON runs(created_at_ms);
CREATE INDEX IF NOT EXISTS runs_by_step ON runs(project, step, created_at_ms);

CREATE TABLE IF NOT EXISTS events(
  run TEXT NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, awake_ms INTEGER NOT NULL,
  kind TEXT NOT NULL, effect TEXT NOT NULL, agent_seq INTEGER NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY(run, seq)) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS each_report_once ON events(run, agent_seq) WHERE agent_seq > 0;

-- Intents; `done_seq` is the event that told the outcome.
CREATE TABLE IF NOT EXISTS effects(
  run TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL, done_seq INTEGER,
  PRIMARY KEY(run, id)) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS ledger(
  seq INTEGER PRIMARY KEY, run TEXT NOT NULL, project TEXT NOT NULL, step TEXT NOT NULL,
  kind TEXT NOT NULL, class TEXT NOT NULL, micro_usd INTEGER NOT NULL,
  from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, micro_usd_per_hour INTEGER NOT NULL,
  source TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS ledger_by_project ON ledger(project, at_ms);

CREATE TABLE IF NOT EXISTS requests(
  seq INTEGER PRIMARY KEY, run TEXT NOT NULL, kind TEXT NOT NULL, at_ms INTEGER NOT NULL,
  handled_seq INTEGER) STRICT;

CREATE TABLE IF NOT EXISTS owners(
  run TEXT NOT NULL, role TEXT NOT NULL, pid INTEGER NOT NULL, start_ticks INTEGER NOT NULL,
  boot_id TEXT NOT NULL, PRIMARY KEY(run, role)) STRICT, WITHOUT ROWID;

-- fingerprint → outputs: what need not run again.
CREATE TABLE IF NOT EXISTS results(
  project TEXT NOT NULL, step TEXT NOT NULL, fingerprint TEXT NOT NULL, run TEXT NOT NULL,
  outputs TEXT NOT NULL, at_ms INTEGER NOT NULL,
  PRIMARY KEY(project, step, fingerprint)) STRICT, WITHOUT ROWID;

-- Untracked files that a step itself made: they are no code while their content stays.
CREATE TABLE IF NOT EXISTS made_files(
  root TEXT NOT NULL, path TEXT NOT NULL, md5 TEXT NOT NULL,
  PRIMARY KEY(root, path)) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS drills(
  seq INTEGER PRIMARY KEY, project TEXT NOT NULL, step TEXT NOT NULL, fingerprint TEXT NOT NULL,
  passed INTEGER NOT NULL, at_ms INTEGER NOT NULL, evidence TEXT NOT NULL) STRICT;
