#!/usr/bin/python3
"""Writes a made-up but shaped set of service calls as CSV: text and its trade, urgency and job.

    generate.py --out calls.csv [--rows 20000] [--seed 1] [--season winter]

The same arguments give the same bytes on every machine: only Random.random(), whose sequence
Python guarantees, decides. Names, phones (555-01xx) and mail addresses (example.com) are from ranges
reserved for examples. The wording is in grammar.py; no wording is in two splits.
"""

import argparse
import csv
import pathlib
import random

import grammar

SPLITS = ["train", "validation", "test"]
SPLIT_WEIGHTS = [70, 15, 15]
COLUMNS = ["call_id", "channel", "split", "trade", "urgency", "job", "text"]


class Dice:
    """Choices made from Random.random() alone."""

    def __init__(self, seed):
        self.random = random.Random(seed).random

    def below(self, count):
        return int(self.random() * count)

    def one_of(self, items):
        return items[self.below(len(items))]

    def weighted(self, items, weights):
        left = self.random() * sum(weights)
        for item, weight in zip(items, weights):
            left -= weight
            if left < 0:
                return item
        return items[-1]

    def chance(self, probability):
        return self.random() < probability


def part_of(sentences, split):
    """The sentences of a list that may be said in this split."""
    train, validation, test = grammar.PARTS[len(sentences)]
    start = {"train": 0, "validation": train, "test": train + validation}[split]
    return sentences[start:start + {"train": train, "validation": validation, "test": test}[split]]


def slot_values(dice):
    words = {name: dice.one_of(values) for name, values in grammar.SLOTS.items()}
    words["where"] = words["where"].format(**words)
    words["name"] = f"{words['first']} {words['last']}" if dice.chance(0.6) else words["first"]
    words["phone"] = f"{201 + dice.below(700)}-555-01{dice.below(100):02}"
    words["address"] = f"{1 + dice.below(2999)} {words['street']}"
    words["email"] = f"{words['first']}.{words['last']}@example.com".lower()
    return words


def ask_of(dice, urgency, split):
    asks = grammar.ASKS_SPANISH if dice.chance(1 / 8) else grammar.ASKS
    return dice.one_of(part_of(asks[urgency], split))


def beside(dice, urgency):
    """Now and then people ask for more, or for less, than what they describe."""
    place = grammar.URGENCIES.index(urgency)
    if not dice.chance(0.08):
        return urgency
    return grammar.URGENCIES[min(3, max(0, place + dice.one_of([-1, 1])))]


def sentences_of(dice, split, sentences, urgency):
    """The sentences of one call, in the order a caller would say them. How urgent it is shows in
    what happens, in what is asked for, or in both."""
    say = lambda choices: dice.one_of(part_of(choices, split))
    call = [say(grammar.OPENERS), say(sentences)]
    shows = dice.weighted(["both", "impact", "ask"], [66, 17, 17])
    if shows != "ask":
        call.append(say(grammar.IMPACTS[urgency]))
    if dice.chance(0.5):
        call.append(say(grammar.DETAILS))
    if shows == "ask":
        call.append(ask_of(dice, urgency, split))
    elif shows == "both":
        call += [say(grammar.IMPACTS[urgency]), ask_of(dice, beside(dice, urgency), split)]
    if dice.chance(0.7):
        call.append(say(grammar.CONTACTS))
    if dice.chance(0.6):
        call.append(say(grammar.CLOSERS))
    return call


def spoken(dice, text):
    """A phone call as speech recognition writes it: no capitals, no marks, words misheard."""
    words = []
    for word in text.lower().split():
        word = word.strip(",.")
        if dice.chance(0.04):
            words.append(dice.one_of(grammar.FILLERS).lower())
        if word in grammar.MISHEARD and dice.chance(0.12):
            word = grammar.MISHEARD[word]
        if not dice.chance(0.015):
            words.append(word)
    return " ".join(words)


def mistyped(dice, word):
    """A letter swapped, dropped or doubled."""
    at = dice.below(len(word) - 1)
    kind = dice.below(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2:]
    return word[:at] + word[at + 1:] if kind == 1 else word[:at + 1] + word[at:]


def typed(dice, text):
    """A web form as people fill it in: typing mistakes and short forms."""
    words = []
    for word in text.split():
        if word.lower() in grammar.SHORTENED and dice.chance(0.1):
            word = grammar.SHORTENED[word.lower()]
        elif len(word) > 3 and word.isalpha() and dice.chance(0.03):
            word = mistyped(dice, word)
        words.append(word)
    return " ".join(words)


def make_call(dice, number, season):
    trades = grammar.SEASONS[season]
    trade = dice.weighted(list(trades), list(trades.values()))
    job = dice.one_of(list(grammar.JOBS[trade]))
    weights, sentences = grammar.JOBS[trade][job]
    urgency = dice.weighted(grammar.URGENCIES, weights)
    split = dice.weighted(SPLITS, SPLIT_WEIGHTS)
    words = slot_values(dice)
    call = [sentence.format(**words) for sentence in sentences_of(dice, split, sentences, urgency)]
    channel = dice.weighted(["call", "form"], [60, 40])
    if channel == "call":
        text = spoken(dice, " ".join(call))
    else:
        text = typed(dice, ". ".join(part[0].upper() + part[1:] for part in call) + ".")
    return [f"c{number:06}", channel, split, trade, urgency, job, text]


def write_calls(path, rows, seed, season):
    dice = Dice(seed)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number in range(1, rows + 1):
            writer.writerow(make_call(dice, number, season))


def main():
    parser = argparse.ArgumentParser(description="Write a set of generated service calls.")
    parser.add_argument("--out", default="local/calls.csv", type=pathlib.Path)
    parser.add_argument("--rows", default=20_000, type=int)
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--season", default="winter", choices=sorted(grammar.SEASONS))
    options = parser.parse_args()
    write_calls(options.out, options.rows, options.seed, options.season)
    print(f"wrote {options.rows} calls to {options.out.name}", flush=True)


if __name__ == "__main__":
    main()
