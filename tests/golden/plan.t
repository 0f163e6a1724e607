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
  i aws/us-ea…/64-node  64x A100-SXM4-80GB  100.8000  2026-07-20  meets the needs
    not shown: 1 fewer than 64 GPUs

A place without a driver, an unknown step and a wrong offer are named.

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
  $ sed 's/100.8/-1/' offers.csv > wrong.csv; curbstop plan --offers wrong.csv
  ! error: cannot use the offers in `wrong.csv`
  !   because line 2, column `price_usd_per_hour`: `-1` is not a price in USD per hour (digits, at most six of them after the point, up to 1000000)
  ? 2
