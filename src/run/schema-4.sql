-- money.db, from version 3 to 4, in one transaction. Its tables stay as they are: journals may name
-- an account beside a machine, without which version 3 would look for it at the run's own place.
UPDATE meta SET value = '4' WHERE key = 'version';
