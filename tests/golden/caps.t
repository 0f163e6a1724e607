Caps are hard: what could cross one is not started. With nothing to spend, and electricity counted,
no step runs; `plan` and `run` say why, what to change, and exit with 9.

  $ printf 'name: shop\nbudget:\n  cap: 40 USD\n  day: 0 USD\n  include: energy\nrun: touch began\n' > curbstop.yaml
  $ curbstop plan | tail -1
  worst unknown · day 0.00 of 0.00 · month 0.00 of 40.00
  ! error: step `main` can run nowhere now
  !   because too little is left of the cap of 0.00 USD per day to start a step of unknown time
  ! hint: raise `day` in curbstop.yaml, line 4
  $ curbstop run --yes
  ! error: step `main` can run nowhere now
  !   because too little is left of the cap of 0.00 USD per day to start a step of unknown time
  ! hint: raise `day` in curbstop.yaml, line 4
  ? 9
  $ ls began
  ! ls: cannot access 'began': No such file or directory
  ? 2

The line at the end names every cap; `cost` says what is left of each.

  $ printf 'name: shop\nbudget: {cap: 40 USD, per: month, day: 10 USD, run: 5 USD}\ncode: [curbstop.yaml]\nrun: touch began\n' > curbstop.yaml
  $ curbstop run --yes 2>&1 | tail -2 | sed 's/  *$//'
  main  succeeded  RUN1  out/main
  at most 5.00 a run · day 0.00 of 10.00 · month 0.00 of 40.00
  $ curbstop plan 2>/dev/null | tail -1 | sed 's/worst [0-9.]*/worst N/'
  worst N · at most 5.00 a run · day 0.00 of 10.00 · month 0.00 of 40.00
  $ curbstop ps
  nothing runs
  at most 5.00 a run · day 0.00 of 10.00 · month 0.00 of 40.00
  $ curbstop cost | tail -4
  cap           USD  spent  held  left
  this month  40.00  0.00   0.00  40.00
  today       10.00  0.00   0.00  10.00
  each run     5.00
  $ curbstop cost --json | grep -A5 '"per": "day"'
        "per": "day",
        "cap_micro_usd": 10000000,
        "spent_micro_usd": 0,
        "held_micro_usd": 0,
        "left_micro_usd": 10000000
      },

The caps are the project's own: elsewhere nobody knows them, and what was spent stays under its name.

  $ mkdir "$HOME/elsewhere" && cd "$HOME/elsewhere" && curbstop cost --project shop | grep -c 'this month'
  0
  ? 1

What is no budget is refused with its place.

  $ printf 'run: x\nbudget: {cap: -1 USD}\n' > wrong.yaml; curbstop plan wrong.yaml
  ! error: wrong.yaml:2:15: `-1 USD` is negative, expected an amount, as `40 USD`
  ? 2
  $ printf 'run: x\nbudget: {cap: 40, day: 4 EUR}\n' > wrong.yaml; curbstop plan wrong.yaml
  ! error: wrong.yaml:2:24: `4 EUR` is not an amount of money: only USD is understood
  ! hint: write it as `40 USD` or `0.18 USD`
  ? 2
  $ printf 'run: x\nbudget: {cap: 40, per: week}\n' > wrong.yaml; curbstop plan wrong.yaml
  ! error: wrong.yaml:2:24: found `week`, expected `month`
  ? 2
  $ printf 'run: x\nbudget: {day: 4 USD}\n' > wrong.yaml; curbstop plan wrong.yaml
  ! error: wrong.yaml:2:9: `cap` is missing, expected an amount, as `40 USD`
  ? 2
