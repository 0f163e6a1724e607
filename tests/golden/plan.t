`plan` puts this computer beside what is on sale. Its own figures differ from box to box, so
their lines are left out here; the offers come from a file here, so that they do not change.

  $ cat > curbstop.yaml <<'YAML'
  > name: triage
  > budget: {cap: 40 USD, per: month}
  > steps:
  >   train:
  >     run: python3 train.py
  >     needs: {gpu: 64 x A100}
  > YAML
  $ cat > offers.csv <<'CSV'
  > provider,region,zone,instance_type,gpu_name,gpu_count,gpu_memory_gib_per_gpu,vcpus,memory_gib,price_usd_per_hour,spot_price_usd_per_hour,source,as_of
  > aws,us-east-1,,64-node,A100-SXM4-80GB,64,80,512,4096,100.8,,karpenter-aws,2026-07-20
  > vastai,us,,1x-A100,A100-SXM4-80GB,1,80,16,64,1.2,,anycloud-vast,2026-04-29
  > CSV

A step that fits nowhere is an honest no: the table says what would do.

  $ curbstop plan --offers offers.csv 2>/dev/null | grep '^i \|not shown'
  i aws/us-east-1/64-node  64x A100-SXM4-80GB  100.8000  2026-07-20!  meets the needs
    not shown: 1 fewer than 64 GPUs

A place without a driver, an unknown step and a wrong offer are named; one wrong row takes no other with it.

  $ curbstop plan --on aws
  ! error: cannot plan step `train`
  !   because `aws` has no driver yet
  ! hint: places that work: auto, local, cloud, runpod, vast
  ? 2
  $ curbstop plan trian
  ! error: the project has no step `trian` (did you mean `train`?)
  ! hint: its steps: train
  ? 3
  $ curbstop plan --on nowhere
  ! error: cannot use `--on`
  !   because `nowhere` is not a place
  ! hint: places are `auto`, `local`, `cloud`, PROVIDER[/REGION[/TYPE]], `practice:PROVIDER` and `ssh:HOST`; providers are aws, azure, gcp, lambda, runpod, thunder, vast
  ? 2
  $ printf 'provider,regoin\n' > wrong.csv; curbstop plan --offers wrong.csv
  ! error: cannot use the offers in `wrong.csv`
  !   because line 1: `regoin` is not a column of an offers file (did you mean `region`?)
  ! hint: the columns are provider, region, zone, instance_type, gpu_name, gpu_count, gpu_memory_gib_per_gpu, vcpus, memory_gib, price_usd_per_hour, spot_price_usd_per_hour, source, as_of, licence_note
  ? 2
  $ sed 's/100.8/-1/' offers.csv > wrong.csv; curbstop plan --offers wrong.csv | grep 'not shown'
    not shown: 1 fewer than 64 GPUs
  ! 1 row of `wrong.csv` is left out; the first: line 2, column `price_usd_per_hour`: `-1` is not a price in USD per hour (digits, at most six of them after the point, above 0 and up to 1000000)
  ! error: step `train` can run nowhere now
  !   because needs 64 A100, this computer has none
  ! hint: `curbstop plan --why-not` lists every place with its reason

All steps are planned together. A deadline buys time where that is cheapest; what cannot be kept is an honest no, with what comes nearest.

  $ cat > curbstop.yaml <<'YAML'
  > name: triage
  > budget: {cap: 400 USD, per: month}
  > steps:
  >   train: {run: python3 train.py, needs: {gpu: 2 x 24GB.., time: 6 h}}
  >   tune: {run: python3 tune.py, after: train, needs: {gpu: 2 x 80GB.., time: 2 h}}
  > YAML
  $ cat > offers.csv <<'CSV'
  > provider,region,zone,instance_type,gpu_name,gpu_count,gpu_memory_gib_per_gpu,vcpus,memory_gib,price_usd_per_hour,spot_price_usd_per_hour,source,as_of
  > runpod,any,,2x-A100,A100-PCIE-80GB,2,80,32,128,2.8,,hand,2026-10-10
  > vastai,us,,2x-A100,A100-PCIE-80GB,2,80,32,128,2.2,,hand,2026-10-10
  > vastai,us,,2x-3090,RTX-3090,2,24,16,64,0.3,,hand,2026-10-10
  > runpod,any,,2x-3090,RTX-3090,2,24,16,64,0.5,,hand,2026-10-10
  > CSV
  $ curbstop plan --offers offers.csv --front | sed -n '/^what no other/,/^$/p'
  what no other choice of places beats in both cost and time:
    usual USD       time  places
    6.34       8 h 4 min  train vast/2x-3090, tune vast/2x-A100
    7.48       8 h 3 min  train vast/2x-3090, tune runpod/2x-A100
    8.67       8 h 1 min  train runpod/2x-3090, tune runpod/2x-A100
  
  $ curbstop plan --offers offers.csv --deadline '8 h 3 min' | grep -A1 '^all steps'
  all steps, one after the other, cheapest within 8 h 3 min: usually 8.67 USD,
    electricity at home counted, in 8 h 1 min
  $ curbstop plan --offers offers.csv --deadline 1h >/dev/null
  ! error: no places finish all steps within 1 h
  !   because what comes nearest, shown above, is 8.67 USD and 8 h 1 min
  ! hint: `curbstop plan --front` shows what is possible
  ? 1
  $ curbstop plan --offers offers.csv --spend 7 | grep -A1 '^all steps'
  all steps, one after the other, soonest for 7.00 USD: usually 6.34 USD,
    electricity at home counted, in 8 h 4 min
  $ curbstop plan --offers offers.csv --spend much
  ! error: cannot use `--spend`
  !   because `much` is not an amount of money: expected digits
  ! hint: write it as `40 USD` or `0.18 USD`
  ? 2

A plan can be kept, and run as it is or not at all.

  $ curbstop plan --offers offers.csv --out kept.json >/dev/null
  ! kept in `kept.json`: `curbstop run --plan kept.json` does exactly this until TIME
  $ grep -c place kept.json
  2
  $ sed 's/vast/aws/' kept.json > changed.json; curbstop run --plan changed.json
  ! error: cannot use the plan in `changed.json`
  !   because it was changed after it was made: its `sha256` does not fit
  ! hint: make it anew with `curbstop plan --out FILE`
  ? 8
  $ curbstop run --plan kept.json --lease 1h
  ! error: `--lease` beside `--plan` would change what was planned
  ! hint: leave one of them out, or make a new plan with `curbstop plan --out FILE`
  ? 2
  $ echo '# a word' >> curbstop.yaml; curbstop run --plan kept.json 2>&1 | sed 's/step `t.*hint/…/'
  error: the plan in `kept.json` does not hold any more
    because the project's file was changed; step `train`: vast/us/2x-3090 is not on sale any more, or does not meet its needs; step `tune`: vast/us/2x-A100 is not on sale any more, or does not meet its needs
  hint: look at a new one: `curbstop plan --out FILE`

A bid is chosen by what the step costs until it is done. `--explain` says what each would come to, and what of it is supposed.

  $ cat > curbstop.yaml <<'YAML'
  > name: triage
  > budget: {cap: 400 USD, per: month}
  > steps:
  >   train: {run: python3 train.py, needs: {gpu: 24GB.., time: 10 h}, checkpoint: {dir: ckpt}, where: vast}
  > YAML
  $ cat > offers.csv <<'CSV'
  > provider,region,zone,instance_type,gpu_name,gpu_count,gpu_memory_gib_per_gpu,vcpus,memory_gib,price_usd_per_hour,spot_price_usd_per_hour,source,as_of
  > vastai,us,,1x-3090,RTX-3090,1,24,16,64,0.3,0.15,hand,2026-10-10
  > CSV
  $ curbstop plan --offers offers.csv | sed -n '/on a bid/,/in the end/p'
    on a bid of the list's least: the list says 50 % less; with 13 interruptions
    to expect it saves 45 % in the end
  $ curbstop plan --offers offers.csv --explain | sed -n '/^train bid/,/^  from/p'
  train bid: 0.150000 USD/h
    = of the bids from the list's minimum up to the price on demand the one with
      the least usual cost; a machine at 10 % above the minimum lasts 2 h
      (assumed), 50 % of its losses halve with each 5 % more
    with 0.150000 USD/h lasts 48 min, 1.68 USD; 0.153000 USD/h lasts 59 min 31
      s, 1.69 USD; 0.157500 USD/h lasts 1 h 20 min, 1.71 USD; 0.165000 USD/h lasts
      2 h, 1.77 USD; 0.172500 USD/h lasts 2 h 40 min, 1.83 USD; 0.180000 USD/h
      lasts 3 h 12 min, 1.90 USD; 0.195000 USD/h lasts 3 h 45 min, 2.05 USD;
      0.225000 USD/h lasts 3 h 59 min, 2.36 USD; 0.262500 USD/h lasts 3 h 59 min,
      2.74 USD; 0.300000 USD/h lasts 3 h 59 min, 3.13 USD
    from hand; how losses fall is assumed: nobody publishes how long a bid

A step with `model:` takes the time that is estimated for each kind of GPU, and is not put where its model does not fit.

  $ cat > curbstop.yaml <<'YAML'
  > name: triage
  > budget: {cap: 400 USD, per: month}
  > steps:
  >   train: {run: python3 train.py, model: {name: qwen2.5-7b, method: qlora, tokens: 40M}, where: vast}
  > YAML
  $ cat > offers.csv <<'CSV'
  > provider,region,zone,instance_type,gpu_name,gpu_count,gpu_memory_gib_per_gpu,vcpus,memory_gib,price_usd_per_hour,spot_price_usd_per_hour,source,as_of
  > vastai,us,,1x-3090,RTX-3090,1,24,16,64,0.3,,hand,2026-10-10
  > vastai,us,,1x-H100,H100-SXM5,1,80,32,128,2.2,,hand,2026-10-10
  > vastai,us,,1x-1060,GTX-1060-6GB,1,6,8,32,0.05,,hand,2026-10-10
  > CSV
  $ curbstop plan --offers offers.csv | grep 'vast/us\|not shown'
  * vast/us/1x-H100  H100-SXM5        174.66   3.09  2026-10-10!  cheapest to finish of the places
    vast/us/1x-3090  RTX-3090          24.11   4.29  2026-10-10!  dearer: +1.19 USD, 12 h 40 min
    not shown: 1 GPU memory below 9.4 GiB, the least that the model takes
