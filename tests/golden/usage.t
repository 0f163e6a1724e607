A word that is no command gets the nearest one. Nothing goes to stdout.

  $ curbstop pahts
  ! error: `pahts` is not a command of `curbstop` (did you mean `paths`?)
  ! hint: `curbstop --help` lists its commands
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

A wrong command line names the argument, what was found and what was expected; exit 2, nothing on
stdout. `wrong` tries the lines that it is given, and says so where one does not keep to that.

  $ printf 'name: shop\nsteps: {train: {run: "true"}, run: {run: "true"}}\n' > curbstop.yaml
  $ cat > wrong <<'SH'
  > while read -r line; do
  >   echo "* curbstop $line"
  >   eval "curbstop $line" </dev/null >out.txt 2>err.txt
  >   code=$?
  >   sed 's/^/    /' err.txt
  >   [ $code = 2 ] || echo "    EXIT $code"
  >   [ ! -s out.txt ] || { echo "    STDOUT"; cat out.txt; }
  > done
  > SH

Words that are no command, and commands that are missing.

  $ sh wrong <<'LINES'
  > 
  > nope
  > pahts
  > RUN
  > help
  > version
  > "two words"
  > data
  > data ad
  > secret
  > secret sett
  > config
  > config shwo
  > runs shwo
  > runs train
  > LINES
  * curbstop
      error: `curbstop` needs a command
      hint: `curbstop --help` lists its commands
  * curbstop nope
      error: `nope` is not a command of `curbstop`
      hint: `curbstop --help` lists its commands
  * curbstop pahts
      error: `pahts` is not a command of `curbstop` (did you mean `paths`?)
      hint: `curbstop --help` lists its commands
  * curbstop RUN
      error: `RUN` is not a command of `curbstop` (did you mean `run`?)
      hint: `curbstop --help` lists its commands
  * curbstop help
      error: `help` is not a command of `curbstop` (did you mean `--help`?)
      hint: `curbstop --help` lists its commands
  * curbstop version
      error: `version` is not a command of `curbstop` (did you mean `--version`?)
      hint: `curbstop --help` lists its commands
  * curbstop "two words"
      error: `two words` is not a command of `curbstop`
      hint: `curbstop --help` lists its commands
  * curbstop data
      error: `curbstop data` needs a command
      hint: its commands: add, status, checkout, gc, du
  * curbstop data ad
      error: `ad` is not a command of `curbstop data` (did you mean `add`?)
      hint: its commands: add, status, checkout, gc, du
  * curbstop secret
      error: `curbstop secret` needs a command
      hint: its commands: set, ls, rm
  * curbstop secret sett
      error: `sett` is not a command of `curbstop secret` (did you mean `set`?)
      hint: its commands: set, ls, rm
  * curbstop config
      error: `curbstop config` needs a command
      hint: its commands: schema, show
  * curbstop config shwo
      error: `shwo` is not a command of `curbstop config` (did you mean `show`?)
      hint: its commands: schema, show
  * curbstop runs shwo
      error: `shwo` is not a command of `curbstop runs` (did you mean `show`?)
      hint: its commands: show, diff, rm
  * curbstop runs train
      error: `train` is not a command of `curbstop runs`
      hint: its commands: show, diff, rm

Options that do not exist.

  $ sh wrong <<'LINES'
  > --nope
  > --jsn ps
  > ps --wide
  > run --frce
  > run --Force
  > run --token=abc
  > plan --whynot
  > assess --recrod x
  > logs -x
  > data gc --dryrun
  > data add --force x
  > runs show --all x --stp y
  > --
  > drill --tol 1
  > cost -a
  > LINES
  * curbstop --nope
      error: `--nope` is not an option of `curbstop`
      hint: `curbstop --help` lists what it takes
  * curbstop --jsn ps
      error: `--jsn` is not an option of `curbstop ps` (did you mean `--json`?)
      hint: `curbstop ps --help` lists what it takes
  * curbstop ps --wide
      error: `--wide` is not an option of `curbstop ps`
      hint: `curbstop ps --help` lists what it takes
  * curbstop run --frce
      error: `--frce` is not an option of `curbstop run` (did you mean `--force`?)
      hint: `curbstop run --help` lists what it takes
  * curbstop run --Force
      error: `--Force` is not an option of `curbstop run` (did you mean `--force`?)
      hint: `curbstop run --help` lists what it takes
  * curbstop run --token=abc
      error: `--token` is not an option of `curbstop run`
      hint: `curbstop run --help` lists what it takes
  * curbstop plan --whynot
      error: `--whynot` is not an option of `curbstop plan` (did you mean `--why-not`?)
      hint: `curbstop plan --help` lists what it takes
  * curbstop assess --recrod x
      error: `--recrod` is not an option of `curbstop assess` (did you mean `--record`?)
      hint: `curbstop assess --help` lists what it takes
  * curbstop logs -x
      error: `-x` is not an option of `curbstop logs`
      hint: `curbstop logs --help` lists what it takes
  * curbstop data gc --dryrun
      error: `--dryrun` is not an option of `curbstop data gc` (did you mean `--dry-run`?)
      hint: `curbstop data gc --help` lists what it takes
  * curbstop data add --force x
      error: `--force` is not an option of `curbstop data add`
      hint: `curbstop data add --help` lists what it takes
  * curbstop runs show --all x --stp y
      error: `--stp` is not an option of `curbstop runs show` (did you mean `--step`?)
      hint: `curbstop runs show --help` lists what it takes
  * curbstop --
      error: `--` is not an option of `curbstop`
      hint: `curbstop --help` lists what it takes
  * curbstop drill --tol 1
      error: `--tol` is not an option of `curbstop drill`
      hint: `curbstop drill --help` lists what it takes
  * curbstop cost -a
      error: `-a` is not an option of `curbstop cost`
      hint: `curbstop cost --help` lists what it takes

Words that are missing, too many or empty. An empty word is a script's unset variable: `cancel ""`
must not end the newest run.

  $ sh wrong <<'LINES'
  > ps x
  > paths x
  > cost x
  > init x
  > assess x
  > config show x
  > config schema x
  > logs a b
  > cancel
  > cancel a b
  > runs show a b
  > runs diff
  > runs diff a
  > runs diff a b c
  > runs rm
  > data add
  > data du x
  > data gc x
  > secret set
  > secret rm
  > secret ls x
  > supervise
  > cancel ""
  > logs ""
  > run ""
  > plan ""
  > drill ""
  > runs show ""
  > runs diff a ""
  > runs rm ""
  > data add ""
  > data status ""
  > data checkout ""
  > secret rm ""
  > init -C ""
  > run -C "" -f ""
  > run --set ""
  > cost --since ""
  > LINES
  * curbstop ps x
      error: `x` is one word too many: `curbstop ps` takes options only
      hint: `curbstop ps --help` lists what it takes
  * curbstop paths x
      error: `x` is one word too many: `curbstop paths` takes options only
      hint: `curbstop paths --help` lists what it takes
  * curbstop cost x
      error: `x` is one word too many: `curbstop cost` takes options only
      hint: `curbstop cost --help` lists what it takes
  * curbstop init x
      error: `x` is one word too many: `curbstop init` takes options only
      hint: `curbstop init --help` lists what it takes
  * curbstop assess x
      error: `x` is one word too many: `curbstop assess` takes options only
      hint: `curbstop assess --help` lists what it takes
  * curbstop config show x
      error: `x` is one word too many: `curbstop config show` takes options only
      hint: `curbstop config show --help` lists what it takes
  * curbstop config schema x
      error: `x` is one word too many: `curbstop config schema` takes options only
      hint: `curbstop config schema --help` lists what it takes
  * curbstop logs a b
      error: `b` is one word too many: `curbstop logs` takes RUN only
      hint: `curbstop logs --help` lists what it takes
  * curbstop cancel
      error: `curbstop cancel` needs RUN: a run's id or a step's name
      hint: `curbstop cancel --help` lists what it takes
  * curbstop cancel a b
      error: `b` is one word too many: `curbstop cancel` takes RUN only
      hint: `curbstop cancel --help` lists what it takes
  * curbstop runs show a b
      error: `b` is one word too many: `curbstop runs show` takes RUN only
      hint: `curbstop runs show --help` lists what it takes
  * curbstop runs diff
      error: `curbstop runs diff` needs A: a run's id or a step's name
      hint: `curbstop runs diff --help` lists what it takes
  * curbstop runs diff a
      error: `curbstop runs diff` needs B: the other run's id or step's name
      hint: `curbstop runs diff --help` lists what it takes
  * curbstop runs diff a b c
      error: `c` is one word too many: `curbstop runs diff` takes A and B only
      hint: `curbstop runs diff --help` lists what it takes
  * curbstop runs rm
      error: `curbstop runs rm` needs RUN: ids of runs that are over
      hint: `curbstop runs rm --help` lists what it takes
  * curbstop data add
      error: `curbstop data add` needs PATH: files or folders of the project
      hint: `curbstop data add --help` lists what it takes
  * curbstop data du x
      error: `x` is one word too many: `curbstop data du` takes options only
      hint: `curbstop data du --help` lists what it takes
  * curbstop data gc x
      error: `x` is one word too many: `curbstop data gc` takes options only
      hint: `curbstop data gc --help` lists what it takes
  * curbstop secret set
      error: `curbstop secret set` needs NAME: its name, as HF_TOKEN
      hint: `curbstop secret set --help` lists what it takes
  * curbstop secret rm
      error: `curbstop secret rm` needs NAME: its name
      hint: `curbstop secret rm --help` lists what it takes
  * curbstop secret ls x
      error: `x` is one word too many: `curbstop secret ls` takes options only
      hint: `curbstop secret ls --help` lists what it takes
  * curbstop supervise
      error: `curbstop supervise` needs RUN: a run's id
      hint: `curbstop supervise --help` lists what it takes
  * curbstop cancel ""
      error: `RUN` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop cancel --help` lists what it takes
  * curbstop logs ""
      error: `RUN` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop logs --help` lists what it takes
  * curbstop run ""
      error: `STEP` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop run --help` lists what it takes
  * curbstop plan ""
      error: `STEP` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop plan --help` lists what it takes
  * curbstop drill ""
      error: `STEP` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop drill --help` lists what it takes
  * curbstop runs show ""
      error: `RUN` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop runs show --help` lists what it takes
  * curbstop runs diff a ""
      error: `B` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop runs diff --help` lists what it takes
  * curbstop runs rm ""
      error: `RUN` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop runs rm --help` lists what it takes
  * curbstop data add ""
      error: `PATH` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop data add --help` lists what it takes
  * curbstop data status ""
      error: `PATH` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop data status --help` lists what it takes
  * curbstop data checkout ""
      error: `PATH` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop data checkout --help` lists what it takes
  * curbstop secret rm ""
      error: `NAME` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop secret rm --help` lists what it takes
  * curbstop init -C ""
      error: `--folder` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop init --help` lists what it takes
  * curbstop run -C "" -f ""
      error: `--folder` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop run --help` lists what it takes
  * curbstop run --set ""
      error: `--set` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop run --help` lists what it takes
  * curbstop cost --since ""
      error: `--since` is an empty word
      hint: a shell variable that is not set leaves one; `curbstop cost --help` lists what it takes

Values that are missing, doubled or out of range.

  $ sh wrong <<'LINES'
  > run --on
  > run --on local --on cloud
  > run --on nowhere
  > run --on aws --yes
  > run --set
  > run --set rate --yes
  > run --set =1 --yes
  > run --set rate=1 --yes
  > run --lease
  > run --lease soon
  > run --lease 0
  > run --force=maybe
  > run -C . -f curbstop.yaml
  > run -C
  > plan --offers
  > plan --explain=yes
  > ps --json=3
  > ps --yes=no
  > logs -n
  > logs -n 0
  > logs -n few
  > logs -n -5
  > logs -nf
  > logs --lines=1.5
  > logs --lines=99999999999999999999
  > runs -n 0
  > runs --most=
  > runs --step
  > drill --tolerance
  > drill --tolerance 5
  > drill --tolerance x
  > cost --since
  > cost --since yesterday
  > cost --since 2026-13-01
  > cost --project
  > assess --root
  > assess --record
  > assess --root . --record x
  > assess --root . --measure
  > init --run
  > LINES
  * curbstop run --on
      error: `--on` has no value, expected PLACE after it
      hint: `curbstop run --help` lists what it takes
  * curbstop run --on local --on cloud
      error: `--on` is given 2 times, expected once
      hint: `curbstop run --help` lists what it takes
  * curbstop run --on nowhere
      error: cannot use `--on`
        because `nowhere` is not a place
      hint: places are `auto`, `local`, `cloud`, PROVIDER[/REGION[/TYPE]], `practice:PROVIDER` and `ssh:HOST`; providers are aws, azure, gcp, lambda, runpod, thunder, vast
  * curbstop run --on aws --yes
      error: cannot plan step `train`
        because `aws` has no driver yet
      hint: places that work: auto, local, cloud, runpod, vast
  * curbstop run --set
      error: `--set` has no value, expected KEY=VALUE after it
      hint: `curbstop run --help` lists what it takes
  * curbstop run --set rate --yes
      error: `--set rate` is not `key=value`
      hint: for example `--set lr=0.01`
  * curbstop run --set =1 --yes
      error: `--set =1` is not `key=value`
      hint: for example `--set lr=0.01`
  * curbstop run --set rate=1 --yes
      error: `--set rate`: step `train` has no such parameter
      hint: it has none; add it under `params:`
  * curbstop run --lease
      error: `--lease` has no value, expected DURATION after it
      hint: `curbstop run --help` lists what it takes
  * curbstop run --lease soon
      error: cannot use `--lease`
        because `soon` is not a duration
      hint: write it as `N s`, `15 min`, `12 h` or `2 d`
  * curbstop run --lease 0
      error: cannot use `--lease`
        because `0` is not a duration
      hint: write it as `N s`, `15 min`, `12 h` or `2 d`
  * curbstop run --force=maybe
      error: `--force` is a switch and takes no value
      hint: `curbstop run --help` lists what it takes
  * curbstop run -C . -f curbstop.yaml
      error: `-C` and `-f` exclude each other
      hint: give the one or the other
  * curbstop run -C
      error: `--folder` has no value, expected DIR after it
      hint: `curbstop run --help` lists what it takes
  * curbstop plan --offers
      error: `--offers` has no value, expected FILE after it
      hint: `curbstop plan --help` lists what it takes
  * curbstop plan --explain=yes
      error: `--explain` is a switch and takes no value
      hint: `curbstop plan --help` lists what it takes
  * curbstop ps --json=3
      error: `--json` is a switch and takes no value
      hint: `curbstop ps --help` lists what it takes
  * curbstop ps --yes=no
      error: `--yes` is a switch and takes no value
      hint: `curbstop ps --help` lists what it takes
  * curbstop logs -n
      error: `--lines` has no value, expected N after it
      hint: `curbstop logs --help` lists what it takes
  * curbstop logs -n 0
      error: `--lines` is `0`, expected a whole number from 1 to 1000000
      hint: `curbstop logs --help` lists what it takes
  * curbstop logs -n few
      error: `--lines` is `few`, expected a whole number from 1 to 1000000
      hint: `curbstop logs --help` lists what it takes
  * curbstop logs -n -5
      error: `--lines` is `-5`, expected a whole number from 1 to 1000000
      hint: `curbstop logs --help` lists what it takes
  * curbstop logs -nf
      error: `--lines` is `f`, expected a whole number from 1 to 1000000
      hint: `curbstop logs --help` lists what it takes
  * curbstop logs --lines=1.5
      error: `--lines` is `1.5`, expected a whole number from 1 to 1000000
      hint: `curbstop logs --help` lists what it takes
  * curbstop logs --lines=99999999999999999999
      error: `--lines` is `99999999999999999999`, expected a whole number from 1 to 1000000
      hint: `curbstop logs --help` lists what it takes
  * curbstop runs -n 0
      error: `--most` is `0`, expected a whole number from 1 to 100000
      hint: `curbstop runs --help` lists what it takes
  * curbstop runs --most=
      error: `--most` has no value, expected N after it
      hint: `curbstop runs --help` lists what it takes
  * curbstop runs --step
      error: `--step` has no value, expected STEP after it
      hint: `curbstop runs --help` lists what it takes
  * curbstop drill --tolerance
      error: `--tolerance` has no value, expected N after it
      hint: `curbstop drill --help` lists what it takes
  * curbstop drill --tolerance 5
      error: `--tolerance` is `5`, expected a number from 0 to 1
      hint: `curbstop drill --help` lists what it takes
  * curbstop drill --tolerance x
      error: `--tolerance` is `x`, expected a number from 0 to 1
      hint: `curbstop drill --help` lists what it takes
  * curbstop cost --since
      error: `--since` has no value, expected DATE after it
      hint: `curbstop cost --help` lists what it takes
  * curbstop cost --since yesterday
      error: cannot use `--since`
        because `yesterday` is not a date like `2026-11-24`
  * curbstop cost --since 2026-13-01
      error: cannot use `--since`
        because `2026-13-01` is not a date like `2026-11-24`
  * curbstop cost --project
      error: `--project` has no value, expected NAME after it
      hint: `curbstop cost --help` lists what it takes
  * curbstop assess --root
      error: `--root` has no value, expected DIR after it
      hint: `curbstop assess --help` lists what it takes
  * curbstop assess --record
      error: `--record` has no value, expected DIR after it
      hint: `curbstop assess --help` lists what it takes
  * curbstop assess --root . --record x
      error: `--record` and `--root` exclude each other
      hint: a tree that exists already can be copied as it is
  * curbstop assess --root . --measure
      error: `--measure` measures this computer, `--root` reads another one
      hint: leave one of them out
  * curbstop init --run
      error: `--run` has no value, expected CMD after it
      hint: `curbstop init --help` lists what it takes

With --json the same error is an object on stdout, wherever the option stands.

  $ curbstop logs -n few --json 2>/dev/null
  {
    "error": {
      "kind": "invalid_input",
      "message": "`--lines` is `few`, expected a whole number from 1 to 1000000",
      "hint": "`curbstop logs --help` lists what it takes"
    }
  }
  ? 2
  $ curbstop --json dtaa 2>/dev/null
  {
    "error": {
      "kind": "invalid_input",
      "message": "`dtaa` is not a command of `curbstop` (did you mean `data`?)",
      "hint": "`curbstop --help` lists its commands"
    }
  }
  ? 2

A step may be called like a command.

  $ curbstop logs run
  ! error: there is no run or step `run` on record
  ! hint: `curbstop runs` lists them
  ? 3
  $ curbstop plan trian
  ! error: the project has no step `trian` (did you mean `train`?)
  ! hint: its steps: train, run
  ? 3

The version is an answer too.

  $ curbstop --version | sed 's/[0-9.]*$/N/'
  curbstop N
  $ curbstop --version --json | sed 's/[0-9.]*"$/N"/'
  {
    "program": "curbstop",
    "version": "N"
  }
