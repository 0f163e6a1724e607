-- money.db, from version 2 to 3, in one transaction. Its tables stay as they are: `runs.active` may be
-- 2 now (the run is decided, its machine is kept), and journals have events that version 2 lacks.
UPDATE meta SET value = '3' WHERE key = 'version';
