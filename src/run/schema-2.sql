-- money.db, from version 1 to 2, in one transaction.
ALTER TABLE events ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;     -- 0: written by version 1
ALTER TABLE ledger ADD COLUMN rental INTEGER NOT NULL DEFAULT 0;  -- 0: of no rental
ALTER TABLE ledger ADD COLUMN event INTEGER NOT NULL DEFAULT 0;   -- 0: written by version 1
UPDATE meta SET value = '2' WHERE key = 'version';
