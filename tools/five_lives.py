"""The page of five simulated lives: chosen seeds, what to see in each, and the program's own words.

tools/make_reference.py writes it. When the supervisor or the simulator changes so that a seed tells
another story, choose another seed: `curbstop simulate --trace --seed S` shows it.
"""

import re
import subprocess

HEAD = """# Five lives of a run

Made by `./dev docs`: each is told by `curbstop simulate --trace --seed S` on this supervisor; looks that
showed nothing new are left out here. `*` is what happens in the world, whether anybody knows it or not,
`>` what the supervisor does, the rest what it hears and the state that it is in then. In brackets: what the
ledger says is spent, and what is held in reserve beyond that.
"""

LIVES = [
    ("The forgotten weekend", 638, """
The lid is closed while the step works, and stays closed for two days. Nobody is there to end the machine.
Its lease was in the create request: the machine ends itself on time. The ledger, which could not see it
go, books what the lease allows and not a cent more. Without the lease it would have billed until the
computer was back, as the last line says. (The step has a fault of its own: it hangs on the second machine
too. Its agent sees that it shows no sign of life, and that ends the run.)"""),
    ("The lost create", 1080, """
The machine is made, and the answer is lost. To ask again would make a second one, to give up would leave
the first. The mark in the create request carries the run's name: the supervisor looks for it, finds the
machine and goes on with it. Without the mark, and without the lease, a machine that nobody knows of costs
1.23 an hour: 885 a month."""),
    ("Interrupted, and resumed", 82, """
A machine disappears after an hour and a half. The last complete checkpoint is at the named place by then;
the next machine begins from it and rents no more time than is left to do. Both machines were on the books
from before they existed until no listing showed them any more. Without the checkpoint an hour would have
been lost and paid for twice. (This step hangs as well, later on.)"""),
    ("Panic, and a machine too many", 892, """
The provider makes two machines from one request. The second one is found by its mark, put on the books and
ended, though nobody asked for it: it takes a minute and a half to go, and a destroy that was accepted is no
machine that is gone. Then the user has had enough. The run is over only when no listing shows either
machine. Without the looks the second would have billed for two hours, and without its lease until somebody
read the provider's bill."""),
    ("The full disk", 540, """
The disk at home is full: nothing can be written, not even the journal. What spends money may not begin
now; looking, saving and ending may. The step ends on its machine, its outputs wait there, and the lease
bounds what the waiting costs. An hour and a half later there is room again."""),
]


def is_routine(line, before):
    if "> look at what" in line:
        return True
    seen = re.search(r"^(.{17})  (\w+) +the provider lists [\w, ]+?(  \[[^(]*\])?$", line)
    return bool(seen) and before == seen.group(2)


def abridged(lines):
    kept, state, left_out = [], "", False
    for line in lines:
        if is_routine(line, state):
            left_out = True
            continue
        if left_out and kept and kept[-1] != "      …":
            kept.append("      …")
        left_out = False
        kept.append(line)
        word = line[18:30].strip()
        state = word if word and not word.startswith(("*", ">")) else state
    return kept


def page(program):
    text = HEAD
    for title, seed, words in LIVES:
        told = subprocess.run([str(program), "simulate", "--trace", "--seed", str(seed)],
                              capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
        lines = "\n".join(abridged(told.stdout.rstrip().splitlines()))
        text += f"\n## {title}\n{words}\n\n```\n$ curbstop simulate --trace --seed {seed}\n{lines}\n```\n"
    return text
