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
    ("The forgotten weekend", 467, """
The lid is closed half a minute after the machine was made, before its agent has said a word, and stays
closed for a day and a half. Nobody is there to end the machine. Its lease was in the create request, so it
ends on time. The ledger, which could not see it go, books what the lease allows and not a cent more.
Without the lease the machine would have billed until the computer was back, as the last line says; on a
provider without any limit, until the end of the month."""),
    ("The lost create", 1080, """
The machine is made, and the answer is lost. To ask again would make a second one, to give up would leave
the first. The mark in the create request carries the run's name: the supervisor looks for it, finds the
machine and goes on with it. Without the mark, and without the lease, a machine that nobody knows of costs
1.66 an hour: 1,195 a month."""),
    ("Interrupted, and resumed", 571, """
A machine disappears after two hours. The last complete checkpoint had been brought home four minutes
before; the next machine begins from it. Both machines were on the books from before they existed until no
listing showed them any more. Without the checkpoint at home, two hours would have been lost and paid for
twice."""),
    ("Panic, and a machine too many", 892, """
The provider makes two machines from one request. The second one is found by its mark, put on the books and
ended, though nobody asked for it. Then the user has had enough. The run is over only when no listing shows
either: the provider takes a minute and a half to end the second. Without the reads, "accepted" would have
been taken for "gone", and the books closed while it billed."""),
    ("The full disk", 611, """
The disk at home is full: nothing can be written, not even the journal. What spends money may not begin
now; looking, saving and ending may. The step ends on its machine, its outputs wait there, and the lease
bounds what the waiting costs. An hour later there is room again."""),
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
