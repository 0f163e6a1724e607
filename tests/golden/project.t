`init` writes a file that works as it is, and never overwrites.

  $ curbstop init
  wrote WORK/curbstop.yaml
  next: `curbstop plan` shows what it would do, `curbstop run` does it
  $ grep ^run curbstop.yaml
  run: echo 'hello from curbstop' > {out}/hello.txt
  $ curbstop init
  ! error: `WORK/curbstop.yaml` is there already
  ! hint: edit it; `init` never overwrites
  ? 4

A command can be given; one that cannot work is refused before anything is written.

  $ mkdir a && curbstop init -C a --run 'python3 train.py: "x"' >/dev/null && grep ^run a/curbstop.yaml
  run: "python3 train.py: \"x\""
  $ mkdir b && curbstop init -C b --run 'python3 train.py --lr {lr}'
  ! error: cannot write the command
  !   because nothing is known as `{lr}`
  ! hint: known here: `{out}`; `{{` writes a brace that is no reference
  ? 2
  $ ls b

A mistake in the file names file, line and column, the allowed values, and what was meant.

  $ printf 'run: x\nouptuts: model/\n' > bad.yaml
  $ curbstop plan bad.yaml
  ! error: bad.yaml:2:1: unknown key `ouptuts` (did you mean `outputs`?)
  ! hint: allowed here: `name`, `budget`, `secrets`, `data`, `steps`, `run`, `setup`, `params`, `needs`, `checkpoint`, `inputs`, `code`, `env`, `outputs`, `metrics`, `after`, `where`, `deadline`, `at_end`, `retries`, `deterministic`, `spot`, `model`, `method`
  ? 2
  $ printf 'steps:\n  a: {run: x, after: b}\n  b: {run: x, after: a}\n' > bad.yaml
  $ curbstop plan bad.yaml
  ! error: bad.yaml:2:22: steps wait for each other: a → b → a
  ! hint: `→` reads "comes after", by `after:` or by a reference to an output; take one away
  ? 2
  $ printf 'run: x\nneeds: {memory: 16 parsecs}\n' > bad.yaml
  $ curbstop plan bad.yaml
  ! error: bad.yaml:2:17: `16 parsecs` is not a size
  ! hint: write it as `10GB` (powers of 1000) or `10GiB` (powers of 1024)
  ? 2
  $ printf 'run: x\ndeploy: {}\n' > bad.yaml
  $ curbstop plan bad.yaml
  ! error: bad.yaml:2:1: `deploy` is not built yet
  ! hint: this version knows `name`, `budget`, `secrets`, `data`, `steps`
  ? 2

Settings say where they come from.

  $ curbstop config show --origin
  electricity.price  0.18 USD  default
  place              none      default
  place_endpoint     none      default
  place_region       none      default
  $ mkdir -p "$XDG_CONFIG_HOME/curbstop" && echo 'electricity: {price: 0.31 USD}' > "$XDG_CONFIG_HOME/curbstop/settings.yaml"
  $ curbstop config show --origin
  electricity.price  0.31 USD  TEMP/home/config/curbstop/settings.yaml:1:22
  place              none      default
  place_endpoint     none      default
  place_region       none      default
  $ curbstop config shwo
  ! error: `shwo` is not a command of `curbstop config` (did you mean `show`?)
  ! hint: its commands: schema, show
  ? 2

A secret's value comes from stdin and is never shown; on the command line it is refused unseen.

  $ curbstop secret ls
  ! no secrets yet; `curbstop secret set NAME` adds one
  $ printf 'hf_private' | curbstop secret set HF_TOKEN
  HF_TOKEN is kept in TEMP/home/config/curbstop/credentials (mode 0600)
  next: list it under `secrets:` in curbstop.yaml
  $ curbstop secret ls --json
  {
    "secrets": [
      {
        "name": "HF_TOKEN",
        "in": "file"
      }
    ]
  }
  $ curbstop secret set HF_TOKEN hf_private
  ! error: a secret's value is not taken from the command line, where others can read it
  ! hint: give the name alone; the value is asked for, or read from stdin
  ? 2
  $ chmod 644 "$XDG_CONFIG_HOME/curbstop/credentials"; curbstop secret ls
  ! error: `TEMP/home/config/curbstop/credentials` is open to other users of this computer
  ! hint: `chmod 600 TEMP/home/config/curbstop/credentials`, and change the secrets in it if others could read them
  ? 5
  $ chmod 600 "$XDG_CONFIG_HOME/curbstop/credentials"; curbstop secret rm HF_TOKN
  ! error: there is no secret `HF_TOKN` (did you mean `HF_TOKEN`?)
  ! hint: `curbstop secret set HF_TOKN` asks for its value
  ? 3
  $ curbstop secret rm HF_TOKEN
  HF_TOKEN is removed
