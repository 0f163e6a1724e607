`offers` shows what can be rented, from a price list in a file or the one inside the program.

  $ cat > list.csv <<'CSV'
  > provider,region,zone,instance_type,gpu_name,gpu_count,gpu_memory_gib_per_gpu,vcpus,memory_gib,price_usd_per_hour,spot_price_usd_per_hour,source,as_of
  > aws,us-east-1,,g5.xlarge,A10G,1,24,4,16,1.006,0.45,coroot-aws,2024-08-09
  > aws,eu-west-1,,g5.xlarge,A10G,1,24,4,16,1.123,,coroot-aws,2024-08-09
  > vastai,"Alberta, CA, NA",,1x-RTX_4090,RTX-4090,1,24,16,62.5,0.31,,gpi,2024-10-10
  > thundercompute,us,,a100,A100-SXM4-80GB,1,80,,,1.79,,tce,2024-06-21
  > aws,us-east-1,,t3.large,,,,2,8,0.0832,0.03,coroot-aws,2024-08-09
  > CSV
  $ curbstop offers --offers list.csv
  What can be rented, cheapest hour first. Prices of 2024-06-21 to 2024-10-10,
  from `list.csv`.
  
   USD/h    spot  machine         GPU mem  where                            source            price of
  0.3100       -  RTX-4090         24 GiB  vast/Alberta, CA, …/1x-RTX_4090  gpi         2024-10-10 old
  1.0060  0.4500  A10G             24 GiB  aws/us-east-1/g5.xlarge +1       coroot-aws  2024-08-09 old
  1.7900       -  A100-SXM4-80GB   80 GiB  thunder/us/a100                  tce         2024-06-21 old
  
  USD/h: rent of the whole machine for one hour; disk, traffic and tax come on
  top. Spot: cheaper, and may be taken away at any moment. GPU mem: of all its
  GPUs together; `curbstop model fit MODEL` tells what a model needs. +N: the same
  machine in N more places, not cheaper. old: older than 7 days for spot and Vast,
  90 for AWS, GCP and Azure, 30 for the others; the price today may differ.
  Left out: 1 no GPU.
  $ curbstop offers --offers list.csv --by vram --group gpu
  What can be rented, most GPU memory for a dollar an hour first. Prices of
  2024-06-21 to 2024-10-10, from `list.csv`.
  
  gpu             offers  GiB/USD   USD/h  machine         where                              price of
  RTX-4090             1     77.4  0.3100  RTX-4090        vast/Alberta, …/1x-RTX_4090  2024-10-10 old
  A100-SXM4-80GB       1     44.7  1.7900  A100-SXM4-80GB  thunder/us/a100              2024-06-21 old
  A10G                 2     23.9  1.0060  A10G            aws/us-east-1/g5.xlarge      2024-08-09 old
  
  USD/h: rent of the whole machine for one hour; disk, traffic and tax come on
  top. GiB/USD: GPU memory that one dollar rents for an hour. old: older than 7
  days for spot and Vast, 90 for AWS, GCP and Azure, 30 for the others; the price
  today may differ.
  Left out: 1 no GPU.
  $ curbstop offers --offers list.csv --spot
  What can be rented, cheapest hour first. Prices of 2024-06-21 to 2024-10-10,
  from `list.csv`.
  
  spot USD/h  machine  GPU mem  where                    source            price of
      0.4500  A10G      24 GiB  aws/us-east-1/g5.xlarge  coroot-aws  2024-08-09 old
  
  USD/h: rent of the whole machine for one hour; disk, traffic and tax come on
  top. Spot: cheaper, and may be taken away at any moment. GPU mem: of all its
  GPUs together; `curbstop model fit MODEL` tells what a model needs. old: older
  than 7 days for spot and Vast, 90 for AWS, GCP and Azure, 30 for the others; the
  price today may differ.
  Left out: 3 no spot price known; 1 no GPU.
  $ curbstop offers --offers list.csv --need 'cpus: 2, memory: 8GB..' --max-price '0.10 USD'
  What can be rented, cheapest hour first. Prices of 2024-06-21 to 2024-10-10,
  from `list.csv`.
  
   USD/h    spot       machine  GPU mem  where                   source            price of
  0.0832  0.0300  2 CPU, 8 GiB        -  aws/us-east-1/t3.large  coroot-aws  2024-08-09 old
  
  USD/h: rent of the whole machine for one hour; disk, traffic and tax come on
  top. Spot: cheaper, and may be taken away at any moment. GPU mem: of all its
  GPUs together; `curbstop model fit MODEL` tells what a model needs. old: older
  than 7 days for spot and Vast, 90 for AWS, GCP and Azure, 30 for the others; the
  price today may differ.
  Left out: 4 dearer than 0.10 USD/h.

Tokens for a dollar are an estimate of the model's speed, and of machines where it fits.

  $ curbstop offers --offers list.csv --by tokens --model llama-3.1-70b | grep -o 'A100.*tce\|^Left.*'
  A100-SXM4-80GB   80 GiB  thunder/us/a100  tce
  Left out: 3 not sure that the model fits, or its speed there is not known; 1 no

The cost of a step is the plan's.

  $ cat > curbstop.yaml <<'YAML'
  > name: triage
  > budget: {cap: 40 USD, per: month}
  > steps:
  >   train: {run: python3 train.py, needs: {gpu: A100, time: 3 h}, where: vast}
  >   eval: {run: python3 eval.py}
  > YAML
  $ curbstop offers --offers list.csv --by cost
  ! error: the project has several steps
  ! hint: name one with `--step`: train, eval
  ? 2
  $ curbstop offers --offers list.csv --by cost --step eval
  ! error: no place has a cost for step `eval`: its time is unknown
  ! hint: give it `needs: {time: …}` or a `deadline`, or run it once
  ? 1

What cannot be read is refused with its line, what cannot be true is set aside; the rest is used.

  $ cat >> list.csv <<'CSV'
  > aws,us-east-1,,g5.2xlarge,A10G,1,24,8,32,-1,,coroot-aws,2024-08-09
  > aws,us-east-1,,g5.4xlarge,A10G,1,24,16,64,1e308,,coroot-aws,2024-08-09
  > aws,us-east-1,,g5.8xlarge,A10G,1,24,32,128,2.4 EUR,,coroot-aws,2024-08-09
  > aws,us-east-1,,g5.16xlarge,A10G,1,24,64,256,4.1,,coroot-aws,9999-12-31
  > aws,us-east-1,,g5.xlarge,A10G,1,24,4,16,0.01,,coroot-aws,2024-08-09
  > aws,us-west-2,,"g5.xlarge,A10G,1,24,4,16,1.006,,coroot-aws,2024-08-09
  > aws,ap-south-1,,g5.xlarge,A10G,1,24,4,16,1.2,1.3,coroot-aws,2024-08-09
  > CSV
  $ curbstop offers --offers list.csv --limit 1 | tail -3
  price today may differ.
  Left out: 1 no GPU. 1 set aside as doubtful, 6 refused as unreadable: `curbstop
  offers --set-aside` lists them.
  ! 6 rows of `list.csv` are left out; the first: line 7, column `price_usd_per_hour`: `-1` is not a price in USD per hour (digits, at most six of them after the point, above 0 and up to 1000000)
  $ curbstop offers --offers list.csv --set-aside
  aws/ap-south-1/g5.xlarge (coroot-aws, 2024-08-09): spot 1.300000 is above on
    demand, 1.200000
  line 7, column `price_usd_per_hour`: `-1` is not a price in USD per hour
    (digits, at most six of them after the point, above 0 and up to 1000000)
  line 8, column `price_usd_per_hour`: `1e308` is not a price in USD per hour
    (digits, at most six of them after the point, above 0 and up to 1000000)
  line 9, column `price_usd_per_hour`: `2.4 EUR` is not a price in USD per hour
    (digits, at most six of them after the point, above 0 and up to 1000000)
  line 10, column `as_of`: `9999-12-31` is not a date up to today: it is in the
    future
  line 11: provider, region, zone and type are those of line 2
  line 12: a quote is not closed
  ! 6 rows of `list.csv` are left out; the first: line 7, column `price_usd_per_hour`: `-1` is not a price in USD per hour (digits, at most six of them after the point, above 0 and up to 1000000)

Wrong questions name what is allowed.

  $ curbstop offers --by prize
  ! error: `--by` is `prize`, expected one of: price, vram, tokens, cost (did you mean `price`?)
  ? 2
  $ curbstop offers --gpu RTX-409
  ! error: accelerator `RTX-409` is not in the catalogue (did you mean `RTX-4090`?)
  ? 3
  $ curbstop offers --provider awz
  ! error: no row of the list is of provider `awz` (did you mean `aws`?)
  ! hint: providers: akamai, aws, azure, coreweave, crusoe, digitalocean, gcp, hyperstack, lambda, nebius, oci, runpod, scaleway, thunder, vast, verda, vultr
  ? 3
  $ curbstop offers --by tokens
  ! error: `--by tokens` needs to know the model
  ! hint: for example `--model qwen2.5-7b`, and `--method qlora` to train it
  ? 2
  $ curbstop offers --need 'gpus: 2'
  ! error: --need:1:2: unknown key `gpus` (did you mean `gpu`?)
  ! hint: allowed here: `gpu`, `cpus`, `memory`, `disk`, `arch`, `time`
  ? 2
  $ curbstop offers --max-price 3EUR
  ! error: cannot use `--max-price`
  !   because `3EUR` is not an amount of money: only USD is understood
  ! hint: write it as `40 USD` or `0.18 USD`
  ? 2
  $ curbstop offers --spot --on-demand
  ! error: `--spot` and `--on-demand` ask for two prices
  ! hint: give one
  ? 2
  $ curbstop offers --model qwen2.5-7b
  ! error: `--model` goes with `--by tokens`
  ! hint: add `--by tokens`
  ? 2
  $ curbstop offers --by cost --group gpu
  ! error: `--group` does not go with `--by cost`
  ? 2
  $ curbstop offers --step train
  ! error: `--step` goes with `--by cost`
  ! hint: add `--by cost`
  ? 2
  $ printf 'provider,regoin\n' > wrong.csv; curbstop offers --offers wrong.csv
  ! error: cannot use the offers in `wrong.csv`
  !   because line 1: `regoin` is not a column of an offers file (did you mean `region`?)
  ! hint: the columns are provider, region, zone, instance_type, gpu_name, gpu_count, gpu_memory_gib_per_gpu, vcpus, memory_gib, price_usd_per_hour, spot_price_usd_per_hour, source, as_of, licence_note
  ? 2
  $ curbstop offers --offers none.csv
  ! error: cannot use the offers in `none.csv`
  !   because cannot read `WORK/none.csv`
  !   because No such file or directory
  ? 3

Where data can wait.

  $ curbstop offers --keep 100GB --provider runpod
  Where 100 GB of data can wait for 30 d when a machine's work is done, and what
  that costs in all.
  
  provider  stopped disk  volume  home and back  cheapest        prices of
  runpod           20.00    7.00           0.54  bring it home  2026-08-20
  
  USD, rounded up. home and back: traffic, and the provider's cheapest GPU machine
  while both ways take 4 h 26 min at 100 Mbit/s. -: it cannot be done, or no price
  is known; `--json` says which.
  $ curbstop offers --keep 100GB --for 1d --provider runpod
  Where 100 GB of data can wait for 1 d when a machine's work is done, and what
  that costs in all.
  
  provider  stopped disk  volume  home and back  cheapest         prices of
  runpod            0.67    0.24           0.54  network volume  2026-08-20
  
  USD, rounded up. home and back: traffic, and the provider's cheapest GPU machine
  while both ways take 4 h 26 min at 100 Mbit/s. -: it cannot be done, or no price
  is known; `--json` says which.
  $ curbstop offers --keep 100GB --gpu 'rtx 4090'
  ! error: `--keep` is about data, not about machines
  ! hint: beside it go `--for`, `--provider`, `--region` and `--offers`
  ? 2
  $ curbstop offers --for 2d
  ! error: `--for` goes with `--keep`
  ! hint: add `--keep`
  ? 2
  $ curbstop offers --keep much
  ! error: cannot use `--keep`
  !   because `much` is not a size
  ! hint: write it as `10GB` (powers of 1000) or `10GiB` (powers of 1024)
  ? 2
  $ curbstop offers --keep 100GB --for ever
  ! error: cannot use `--for`
  !   because `ever` is not a duration
  ! hint: write it as `N s`, `15 min`, `12 h` or `2 d`
  ? 2
  $ curbstop offers --keep 100GB --provider nobody
  ! error: no price of disks or traffic is known of `nobody`
  ! hint: without `--provider` all that are known are shown
  ? 3

Without a file, the list inside the program says its date.

  $ curbstop offers --gpu H200:8 --limit 1 | head -2
  What can be rented, cheapest hour first. Prices of 2024-08-09 to 2026-10-10,
  from the list of 2026-11-22 inside this program; no network was used.
