A project of one line runs, and the second time there is nothing to do.

  $ printf 'name: one\nrun: echo hello > {out}/greeting\n' > curbstop.yaml
  $ curbstop run --yes >/dev/null 2>&1
  $ curbstop run --yes 2>/dev/null | cut -c1-16
  main  unchanged
  $ cat out/main/greeting
  hello

A kept plan is run as it is; once its project's file says something else, it is refused.

  $ curbstop plan --out kept.json >/dev/null 2>&1
  $ curbstop run --plan kept.json --yes 2>/dev/null | cut -c1-16
  main  succeeded
  $ sed 's/hello/hullo/' curbstop.yaml > new.yaml; curbstop run --plan kept.json -f new.yaml
  ! error: the plan in `kept.json` does not hold any more
  !   because the project's file was changed
  ! hint: look at a new one: `curbstop plan --out FILE`
  ? 4
  $ rm new.yaml kept.json

Mistakes name what is wrong and what is allowed.

  $ curbstop run train
  ! error: the project has no step `train`
  ! hint: its steps: main
  ? 3
  $ curbstop run --set rate=1 --yes
  ! error: `--set rate`: step `main` has no such parameter
  ! hint: it has none; add it under `params:`
  ? 2
  $ curbstop run --set rate --yes
  ! error: `--set rate` is not `key=value`
  ! hint: for example `--set lr=0.01`
  ? 2
  $ curbstop run --on aws --yes
  ! error: cannot plan step `main`
  !   because `aws` has no driver yet
  ! hint: places that work: auto, local, cloud, runpod, vast
  ? 2
  $ curbstop run --on vast --yes
  ! error: step `main` can run nowhere now
  !   because no `budget: {cap: …}` is set, so nothing may be spent
  ! hint: for example `budget: {cap: 20 USD, per: month}` in curbstop.yaml
  ? 9
  $ curbstop run --plan saved.json
  ! error: cannot read `WORK/saved.json`
  !   because No such file or directory
  ? 3
  $ curbstop run --keep soon
  ! error: cannot use `--keep`
  !   because `soon` is not a duration
  ! hint: write it as `N s`, `15 min`, `12 h` or `2 d`
  ? 2
  $ curbstop run --keep-on-failure 0s
  ! error: `--keep-on-failure 0s` is not between N s and 1 d
  ! hint: give the time that the machine is to stay, as `--keep-on-failure 30m`
  ? 2
  $ curbstop run --keep 30m --yes
  ! error: `--keep` keeps a rented machine, and no step of this run gets one
  ! hint: say where with `--on PLACE`; at home nothing has to be kept
  ? 2
  $ curbstop cancel main
  ! error: run `RUN1` is over: it succeeded
  ! hint: `curbstop ps` shows what runs now
  ? 4
  $ curbstop logs nobody
  ! error: there is no run or step `nobody` on record
  ! hint: `curbstop runs` lists them
  ? 3
  $ curbstop runs show mian
  ! error: there is no run or step `mian` on record (did you mean `main`?)
  ! hint: `curbstop runs` lists them
  ? 3
  $ curbstop runs rm main --yes
  ! error: `main` is a step, and `runs rm` takes runs
  ! hint: `curbstop runs --step main` lists its runs
  ? 2
  $ curbstop runs --step eval
  no runs of `eval` yet
  $ curbstop runs -n 0
  ! error: `--most` is `0`, expected a whole number from 1 to 100000
  ! hint: `curbstop runs --help` lists what it takes
  ? 2
  $ curbstop drill
  ! error: step `main` has neither `deterministic: true` nor `metrics:`, so a drill has nothing to compare
  ! hint: `deterministic: true` compares the outputs byte by byte, `metrics: FILE.json` the numbers in that file
  ? 2
  $ curbstop runs diff main
  ! error: `curbstop runs diff` needs B: the other run's id or step's name
  ! hint: `curbstop runs diff --help` lists what it takes
  ? 2
  $ curbstop cost --since yesterday
  ! error: cannot use `--since`
  !   because `yesterday` is not a date like `2026-11-24`
  ? 2

Without a project there is nothing to run.

  $ mkdir none && cd none && rm ../curbstop.yaml && curbstop run
  ! error: there is no `curbstop.yaml` in `WORK/none` or above it
  ! hint: `curbstop init` writes one
  ? 3
