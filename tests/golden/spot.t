Uniform Progress in one zone costs what the published run of it costs: 1145.38 USD.

  $ curbstop simulate spot --trace h100 --zones us-central1-a --work 43.19444444444445 --deadline 51.833333333333336 --starts 0, --policy up,optimum
  gcp-h100-2025-10: 1 place, ticks of 10 min
  work 1 d 19 h, deadline 2 d 3 h, each start 12 min, each move 0.00 USD
  
  policy   mean USD  of optimum  worst USD  missed  spot h  on demand h  moves
  up        1145.38       1.382    1145.38  0 of 1    39.3          4.8    0.0
  optimum    828.75       1.000     828.75  0 of 1       -            -      -

A recording of one's own; bad ones are refused with file and line.

  $ printf 'tick,here,there\n0,1,0\n1,1,1\n2,0,1\n3,0,1\n4,1,1\n5,1,1\n' > mine.csv
  $ curbstop simulate spot --availability mine.csv --one-means available --tick 3600 --spot-price here=1,there=1.2 --on-demand 3 --work 2 --deadline 6 --starts 1 --policy ours,up_failover,optimum
  mine.csv: 2 places, ticks of 1 h
  work 2 h, deadline 6 h, each start 12 min, each move 0.00 USD
  
  policy       mean USD  of optimum  worst USD  missed  spot h  on demand h  moves
  ours             3.20       1.067       3.20  0 of 1     3.0          0.0    1.0
  up_failover      3.20       1.067       3.20  0 of 1     3.0          0.0    1.0
  optimum          3.00       1.000       3.00  0 of 1       -            -      -
A budget that pays for spot alone is said; one that nothing on sale fits spends nothing.

  $ curbstop simulate spot --trace v100 --zones us-east-1c,us-west-2a --work 10 --deadline 14 --starts 3 --policy ours,up_failover,optimum --budget 14
  aws-v100-2023-02: 2 places, ticks of 3 min N s
  work 10 h, deadline 14 h, each start 12 min, each move 0.00 USD, cap 14.00 USD
  
  policy       mean USD  of optimum  worst USD  missed  spot h  on demand h  moves
  ours             9.61       0.683      10.71  1 of 3     7.9          0.6    0.3
  up_failover     11.38       0.809      13.99  1 of 3     7.9          1.2    0.0
  optimum         14.06       1.000      22.04  0 of 3       -            -      -
  
  ours: stopped with a checkpoint, deadline and cap could not both hold, in 1 of 3
  ours: warned in 3 of 3 that the cap pays for spot alone
  up_failover: cut at the cap in 1 of 3
  $ curbstop simulate spot --trace v100 --zones us-east-1c,us-west-2a --work 10 --deadline 14 --starts 3 --policy ours --budget 5
  aws-v100-2023-02: 2 places, ticks of 3 min N s
  work 10 h, deadline 14 h, each start 12 min, each move 0.00 USD, cap 5.00 USD
  
  policy  mean USD  of optimum  worst USD  missed  spot h  on demand h  moves
  ours        0.00           -       0.00  3 of 3     0.0          0.0    0.0
  
  ours: stopped with a checkpoint, deadline and cap could not both hold, in 3 of 3
  $ curbstop simulate spot --trace v100 --work 10 --deadline 14 --budget lots
  ! error: cannot use `--budget`
  !   because `lots` is not an amount of money: expected digits
  ! hint: write it as `40 USD` or `0.18 USD`
  ? 2
  $ printf 'tick,here\n0,1\n2,1\n' > bad.csv
  $ curbstop simulate spot --availability bad.csv --one-means available --tick 3600 --spot-price 1 --on-demand 3 --work 1 --deadline 2
  ! error: cannot use the availability in `bad.csv`
  !   because line 3: tick `2`, expected 1
  ? 2
  $ curbstop simulate spot --availability mine.csv --work 1 --deadline 2
  ! error: `--availability` needs more to be understood
  ! hint: add `--one-means available|preempted`, `--tick SECONDS`, `--spot-price` and `--on-demand`
  ? 2
  $ curbstop simulate spot --trace v100 --zones us-east-1x --work 1 --deadline 2
  ! error: the trace `aws-v100-2023-02` has no zone `us-east-1x` (did you mean `us-east-1a`?)
  ! hint: its zones: us-east-1a, us-east-1c, us-east-1d, us-east-1f, us-east-2a, us-east-2b, us-west-2a, us-west-2b, us-west-2c
  ? 2
