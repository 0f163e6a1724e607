A word that is no command gets the nearest one. Nothing goes to stdout.

  $ curbstop pahts
  ! error: `pahts` is not a command or option of `curbstop` (did you mean `paths`?)
  ! hint: `curbstop --help` lists what it takes
  ? 2

Every folder can be moved by the XDG variables.

  $ curbstop paths
  config       TEMP/home/config/curbstop/settings.yaml
  credentials  TEMP/home/config/curbstop/credentials
  money_db     TEMP/home/data/curbstop/money.db
  mlflow_db    TEMP/home/data/curbstop/mlflow.db
  artifacts    TEMP/home/data/curbstop/artifacts
  runs         TEMP/home/state/curbstop/runs
  cache        TEMP/home/cache/curbstop
  project      WORK
