`ps` shows what runs now. `machines` are rented ones: there are none yet. Without a project here
there is no cap to speak of.

  $ curbstop ps
  nothing runs
  month 0.00
  $ curbstop ps --json
  {
    "machines": [],
    "runs": [],
    "month": {
      "spent_micro_usd": 0,
      "cap_micro_usd": null,
      "held_micro_usd": 0
    }
  }

In a project with a budget, the month is measured against its cap.

  $ printf 'name: shop\nbudget: {cap: 40 USD, per: month}\nrun: sleep 60\n' > curbstop.yaml
  $ curbstop ps
  nothing runs
  month 0.00 of 40.00
  $ curbstop ps --json
  {
    "machines": [],
    "runs": [],
    "month": {
      "spent_micro_usd": 0,
      "cap_micro_usd": 40000000,
      "held_micro_usd": 0
    }
  }

A run that is on its way is there with its step, and goes when it is cancelled.

  $ curbstop run --yes --detach 2>/dev/null | sed 's/  *$//'
  main  started  RUN1
  month 0.00 of 40.00
  $ until curbstop ps --json | grep -q '"attempt": 1'; do sleep 0.1; done
  $ curbstop ps | sed 's/  */ /g; s/^ //'
  RUN PROJECT STEP STATE PLACE ATTEMPT TIME
  RUN1 shop main running local 1 N s
  month 0.00 of 40.00
  $ curbstop ps --json | grep '"machines"\|"project"\|"step"\|"state"\|"place"\|"attempt"' | sed 's/,$//'
    "machines": []
        "project": "shop"
        "step": "main"
        "state": "running"
        "place": "local"
        "attempt": 1
  $ curbstop cancel main 2>/dev/null
  run RUN1 cancelled
  $ curbstop ps
  nothing runs
  month 0.00 of 40.00
