The exit code is the kind of the answer (house style §4). 6 (try again) and 70 (our own mistake) need
a world that is broken at the right moment: unit tests have those.

  $ cat > curbstop.yaml <<'YAML'
  > name: shop
  > steps:
  >   works:
  >     run: echo done > {out}/done
  >   fails:
  >     run: exit 7
  >   slow:
  >     run: sleep 60
  > YAML

0, and 1 for an honest no: a step that failed, data that has changed.

  $ curbstop run works --yes >/dev/null 2>&1
  $ curbstop run fails --yes 2>/dev/null | cut -d: -f1
  fails  failed  RUN1
  step `fails` failed (attempt 1 ended with exit code 7)
    whole log
  $ curbstop run fails --yes >/dev/null 2>&1
  ? 1
  $ echo a > a && curbstop data add a >/dev/null 2>&1 && rm a && curbstop data status 2>/dev/null
  deleted   a
  ? 1

2 for a wrong word, 3 for what is not there, 4 for what is in the way, 5 for what needs a yes.

  $ curbstop run --lease soon >/dev/null 2>&1
  ? 2
  $ curbstop run shlow >/dev/null 2>&1
  ? 3
  $ curbstop init >/dev/null 2>&1
  ? 4
  $ curbstop run slow >/dev/null 2>&1
  ? 5

7 where the disk is full, or, as here, a file may not be longer.

  $ head -c 100000 /dev/zero > big; trap '' XFSZ; ulimit -f 20; curbstop data add big 2>&1 | tail -1
    because File too large
  $ trap '' XFSZ; ulimit -f 20; curbstop data add big 2>/dev/null
  ? 7

9 where the cap would be crossed, before anything starts.

  $ printf 'name: dear\nbudget: {cap: 1 USD, per: month, include: energy}\nrun: x\nneeds: {time: 10000 h}\n' > dear.yaml
  $ curbstop run dear.yaml --yes >/dev/null 2>&1
  ? 9

130 for a run that was cancelled.

  $ (until curbstop cancel slow >/dev/null 2>&1; do sleep 0.2; done) & curbstop run slow --yes >/dev/null 2>&1
  ? 130

8 for bytes that are not what they must be.

  $ rm -f "$XDG_DATA_HOME"/curbstop/money.db-*; echo rot > "$XDG_DATA_HOME/curbstop/money.db"; curbstop ps
  ! error: cannot use the database `TEMP/home/data/curbstop/money.db`
  !   because file is not a database
  ? 8
