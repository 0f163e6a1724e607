The practice cloud: both providers' APIs on this computer, billed in play money.

  ~ http://127\.0\.0\.1:\d+ ADDRESS
  ~ port \d+ PORT
  ~ machines.(are.plain.processes|have.a.place).* HOW-THEY-LIVE

  $ curbstop practice status
  ! error: there is no practice cloud on this computer
  ! hint: `curbstop practice start` makes one
  ? 3
  $ curbstop practice start
  the practice cloud runs on this computer, as Vast.ai and as RunPod
    ADDRESS  and  ADDRESS/v2, key `PRACTICE_API_KEY`
  its money is play money: a second bills as a minute
  not modelled, runpod: network volumes and clusters made elsewhere
  not modelled, vast: volumes made elsewhere, transfer above what is reserved
  $ curbstop practice start
  the practice cloud is running already on this computer, as Vast.ai and as RunPod
    ADDRESS  and  ADDRESS/v2, key `PRACTICE_API_KEY`
  its money is play money: a second bills as a minute
  not modelled, runpod: network volumes and clusters made elsewhere
  not modelled, vast: volumes made elsewhere, transfer above what is reserved
  $ curbstop practice status
  running on PORT, market 1
  HOW-THEY-LIVE
  0 ended before; billed 0.00 USD of play money
  not modelled, runpod: network volumes and clusters made elsewhere
  not modelled, vast: volumes made elsewhere, transfer above what is reserved

Its key lies among the secrets and is never shown.

  $ curbstop secret ls
  PRACTICE_API_KEY  TEMP/home/config/curbstop/credentials (mode 0600)

It has to stop before it can be another one.

  $ curbstop practice start --seed 7
  ! error: the practice cloud is running
  ! hint: `curbstop practice stop` ends it
  ? 4

A fault script says what goes wrong; a mistake in it has its place.

  $ printf 'faults:\n  - {on: create, do: loose_answer}\n' > faults.yaml
  $ curbstop practice start --faults faults.yaml
  ! error: WORK/faults.yaml:2:22: found `loose_answer`, expected `too_many`, `error`, `lose_answer`, `no_stock`, `refuse_made`, `bad_host`, `hide`, `outbid`, `vanish`, `offline` or `lose_gpu` (did you mean `lose_answer`?)
  ? 2
  $ curbstop practice start --faults none.yaml
  ! error: cannot read `WORK/none.yaml`
  !   because No such file or directory
  ? 3
  $ curbstop practice start --boot soon
  ! error: cannot use `--boot`
  !   because `soon` is not a duration
  ! hint: write it as `N s`, `15 min`, `12 h` or `2 d`
  ? 2
  $ curbstop practice stop
  the practice cloud has stopped; 0 machines ended, billed 0.00 USD of play money
  $ curbstop practice stop
  the practice cloud was not running; 0 machines ended, billed 0.00 USD of play money
  $ printf 'faults:\n  - {on: create, do: lose_answer}\n' > faults.yaml
  $ curbstop practice start --faults faults.yaml --seed 7
  the practice cloud runs on this computer, as Vast.ai and as RunPod
    ADDRESS  and  ADDRESS/v2, key `PRACTICE_API_KEY`
  its money is play money: a second bills as a minute
  not modelled, runpod: network volumes and clusters made elsewhere
  not modelled, vast: volumes made elsewhere, transfer above what is reserved
  $ curbstop practice status
  running on PORT, market 7
  HOW-THEY-LIVE
  0 ended before; billed 0.00 USD of play money
  not modelled, runpod: network volumes and clusters made elsewhere
  not modelled, vast: volumes made elsewhere, transfer above what is reserved
  $ curbstop practice stop
  the practice cloud has stopped; 0 machines ended, billed 0.00 USD of play money
