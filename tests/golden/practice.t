The practice cloud: both providers' APIs on this computer, billed in play money.

  ~ http://127\.0\.0\.1:\d+ ADDRESS
  ~ port \d+ PORT

  $ curbstop practice status
  $ curbstop practice start
  $ curbstop practice start
  $ curbstop practice status

Its key lies among the secrets and is never shown.

  $ curbstop secret ls

It has to stop before it can be another one.

  $ curbstop practice start --seed 7

A fault script says what goes wrong; a mistake in it has its place.

  $ printf 'faults:\n  - {on: create, do: loose_answer}\n' > faults.yaml
  $ curbstop practice start --faults faults.yaml
  $ curbstop practice start --faults none.yaml
  $ curbstop practice start --boot soon
  $ curbstop practice stop
  $ curbstop practice stop
  $ printf 'faults:\n  - {on: create, do: lose_answer}\n' > faults.yaml
  $ curbstop practice start --faults faults.yaml --seed 7
  $ curbstop practice status
  $ curbstop practice stop
