A ladder: the smaller members of the family first, so that a mistake is found for cents.

  $ cat > list.csv <<'CSV'
  > provider,region,zone,instance_type,gpu_name,gpu_count,gpu_memory_gib_per_gpu,vcpus,memory_gib,price_usd_per_hour,spot_price_usd_per_hour,source,as_of
  > vastai,"Alberta, CA, NA",,1x-L40S,L40S,1,48,16,62.5,0.31,,gpi,2026-10-10
  > vastai,"Oregon, US, NA",,1x-H100_SXM,H100-SXM5,1,80,26,200,1.20,,gpi,2026-10-10
  > aws,us-east-1,,g5.xlarge,A10G,1,24,4,16,0.1,,coroot-aws,2026-08-09
  > CSV
  $ curbstop model fit qwen2.5-7b --method qlora --tokens 40M --ladder --offers list.csv
     model         tokens    memory  on         takes       USD  at worst
  1  qwen2.5-0.5b   400 k   4.3 GiB  L40S        N s  0.001153  0.002017
  2  qwen2.5-1.5b     4 M   5.3 GiB  L40S  5 min N s      0.04      0.06
  3  qwen2.5-7b      41 k  10.2 GiB  L40S        N s   0.00119  0.002082
  4  qwen2.5-7b      40 M  10.2 GiB  L40S  3 h 44 min      1.17      2.04
  
  1 proves the data path: reading, packing, saving, resuming; the loss falls; at
    vast/Alberta, CA, NA/1x-L40S
  2 proves the learning rate; the loss ends below the smaller model's; at
    vast/Alberta, CA, NA/1x-L40S
  3 proves memory and rate: the peak is reached within the first steps; at
    vast/Alberta, CA, NA/1x-L40S
  4 proves quality, on examples that were held back; at vast/Alberta, CA,
    NA/1x-L40S
  Run 1 first. All before the last cost 0.04 USD together, the last 1.17 USD. A
  rented machine starts and loads for some minutes beside.
  $ curbstop model fit qwen2.5-7b --method qlora --tokens 40M --ladder --offers list.csv --gpu L40S | sed -n 5p
  4  qwen2.5-7b      40 M  10.2 GiB  L40S  3 h 44 min      1.17      2.04
  $ curbstop model fit qwen2.5-72b --method full --tokens 40M --ladder --offers list.csv
     model         tokens   memory  on       takes       USD  at worst
  1  qwen2.5-0.5b   400 k  6.8 GiB  L40S      N s  0.001556  0.002722
  2  qwen2.5-7b       4 M        -  nowhere      -         -         -
  3  qwen2.5-72b     41 k        -  nowhere      -         -         -
  4  qwen2.5-72b     40 M        -  nowhere      -         -         -
  
  1 proves the data path: reading, packing, saving, resuming; the loss falls; at
    vast/Alberta, CA, NA/1x-L40S
  2 proves the learning rate; the loss ends below the smaller model's; no place
    that can be rented is sure to hold it
  3 proves memory and rate: the peak is reached within the first steps; no place
    that can be rented is sure to hold it
  4 proves quality, on examples that were held back; no place that can be rented
    is sure to hold it
  ? 1

What it needs is named.

  $ curbstop model fit qwen2.5-7b --ladder
  ! error: a ladder is a way to train, and no method is named
  ! hint: add `--method full`, `lora` or `qlora`
  ? 2
  $ curbstop model fit qwen2.5-7b --method qlora --ladder
  ! error: without a number of tokens nothing can be said of time and cost
  ! hint: add for example `--tokens 40M`
  ? 2
  $ curbstop model fit qwen2.5-7b --method qlora --tokens 40M --ladder --offers none.csv
  ! error: cannot use the offers in `none.csv`
  !   because cannot read `WORK/none.csv`
  !   because No such file or directory
  ? 3
  $ curbstop model fit qwen2.5-7b --method qlora --offers list.csv
  ! error: `--offers` belongs to `--ladder`
  ? 2
