#!/usr/bin/python3
"""Trains the call classifier: hashed TF-IDF and multinomial logistic regression, in numpy.

    train.py --data calls.csv [--epochs 4] [--rate 0.5] [--batch 256] [--seed 1]

Three answers per call: trade, urgency, job. An emergency must not wait, so the call is one where
P(emergency) reaches a threshold; it is chosen on the validation split (recall first) and reported
on the test split, whose wording was in neither training nor validation.

Runs by itself or as a step of curbstop, whose contract it keeps: outputs go to CURBSTOP_OUT,
checkpoints to CURBSTOP_CHECKPOINT_DIR (written beside, then renamed into place), a restart begins
at CURBSTOP_RESUME_FROM, and SIGTERM saves a checkpoint before it ends. Outputs hold no times and no
paths: they are equal byte for byte from run to run, interrupted or not.
"""

import os

# One thread, before numpy starts its own: sums in one order, so equal bytes.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import csv
import json
import pathlib
import re
import shutil
import signal
import sys
import zlib

import numpy as np

FEATURES = 1 << 14
HEADS = ["trade", "urgency", "job"]
KEPT_CHECKPOINTS = 2
STEPS_PER_CHECKPOINT = 20
TARGET_RECALL = 0.995  # on validation; some reserve for the 0.98 that the test split must keep
WORD = re.compile(r"[\w']+")


class Stop:
    """Becomes true at SIGTERM: the loop then saves and ends."""

    def __init__(self):
        self.asked = False
        signal.signal(signal.SIGTERM, self.ask)

    def ask(self, *_):
        self.asked = True


# --- the calls -----------------------------------------------------------------------------------

def read_calls(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Hasher:
    """Text to feature numbers: words, their first four letters against typos, pairs of words."""

    def __init__(self):
        self.known = {}

    def pieces(self, word):
        if word not in self.known:
            names = [f"w {word}", f"p {word[:4]}"] if len(word) > 4 else [f"w {word}"]
            self.known[word] = [zlib.crc32(name.encode()) for name in names]
        return self.known[word]

    def features(self, text):
        numbers, before = [], 0
        for word in WORD.findall(text.lower()):
            pieces = self.pieces(word)
            numbers += pieces
            numbers.append((before * 31 + pieces[0]) & 0xFFFFFFFF)
            before = pieces[0]
        return np.asarray(numbers, dtype=np.int64) % FEATURES


class Matrix:
    """Rows of hashed counts in one flat list: row i is [starts[i], starts[i + 1])."""

    def __init__(self, texts):
        hasher = Hasher()
        columns, values, starts = [], [], [0]
        for text in texts:
            found, counts = np.unique(hasher.features(text), return_counts=True)
            columns.append(found)
            values.append(1 + np.log(counts))
            starts.append(starts[-1] + len(found))
        self.columns = np.concatenate(columns)
        self.values = np.concatenate(values)
        self.starts = np.asarray(starts)

    def __len__(self):
        return len(self.starts) - 1

    def rows_of_cells(self):
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def document_frequency(self):
        return np.bincount(self.columns, minlength=FEATURES)

    def scale(self, idf):
        """TF-IDF, each row of length one."""
        self.values = self.values * idf[self.columns]
        squares = np.bincount(self.rows_of_cells(), weights=self.values ** 2, minlength=len(self))
        self.values = self.values / np.sqrt(np.maximum(squares, 1e-12))[self.rows_of_cells()]

    def take(self, rows):
        """Columns, values and row number of the cells of some rows."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        offsets = np.repeat(self.starts[rows] - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
        cells = np.arange(lengths.sum()) + offsets
        return self.columns[cells], self.values[cells], np.repeat(np.arange(len(rows)), lengths)


def inverse_frequency(matrix):
    return np.log((1 + len(matrix)) / (1 + matrix.document_frequency())) + 1


class Labels:
    """The answers of one head as numbers, in alphabetical order of their names."""

    def __init__(self, names):
        self.names = sorted(set(names))

    def numbers(self, names):
        places = {name: place for place, name in enumerate(self.names)}
        return np.asarray([places[name] for name in names])


# --- the model -----------------------------------------------------------------------------------

def scores(weights, cells, rows):
    columns, values, row_of_cell = cells
    products = weights[columns] * values[:, None]
    starts = np.searchsorted(row_of_cell, np.arange(rows))
    return np.add.reduceat(products, starts, axis=0)


def softmax(logits):
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def gradient(weights, cells, targets, spans):
    """Of the mean cross entropy of all heads; `spans` are the columns of each head."""
    rows = len(targets[0])
    columns, values, row_of_cell = cells
    errors = scores(weights, cells, rows)
    for (first, last), target in zip(spans, targets):
        part = softmax(errors[:, first:last])
        part[np.arange(rows), target] -= 1
        errors[:, first:last] = part / rows
    result = np.empty_like(weights)
    for head in range(weights.shape[1]):
        result[:, head] = np.bincount(columns, weights=values * errors[row_of_cell, head],
                                      minlength=FEATURES)
    return result


class State:
    """All that training needs to go on: in a checkpoint, nothing else counts."""

    def __init__(self, outputs, rows, seed):
        self.weights = np.zeros((FEATURES, outputs))
        self.squares = np.full((FEATURES, outputs), 1e-8)  # Adagrad's sums
        self.random = np.random.Generator(np.random.PCG64(seed))
        self.order = self.random.permutation(rows)
        self.epoch = 0
        self.batch = 0
        self.step = 0

    def next_epoch(self):
        self.order = self.random.permutation(len(self.order))
        self.epoch, self.batch = self.epoch + 1, 0

    def save(self, folder):
        """Written under a name that counts as incomplete, then renamed into place."""
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"step-{self.step:06}"
        if target.exists():
            return
        temporary = folder / f"tmp-{self.step:06}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        for name in ("weights", "squares", "order"):
            np.save(temporary / f"{name}.npy", getattr(self, name))
        progress = {"epoch": self.epoch, "batch": self.batch, "step": self.step,
                    "random": self.random.bit_generator.state}
        (temporary / "progress.json").write_text(json.dumps(progress), encoding="utf-8")
        for file in temporary.iterdir():
            with open(file, "rb") as opened:
                os.fsync(opened.fileno())
        temporary.rename(target)
        for old in sorted(folder.glob("step-*"))[:-KEPT_CHECKPOINTS]:
            shutil.rmtree(old)

    def load(self, checkpoint):
        for name in ("weights", "squares", "order"):
            setattr(self, name, np.load(checkpoint / f"{name}.npy"))
        progress = json.loads((checkpoint / "progress.json").read_text(encoding="utf-8"))
        self.epoch, self.batch, self.step = progress["epoch"], progress["batch"], progress["step"]
        self.random.bit_generator.state = progress["random"]


def train(state, matrix, targets, spans, options, folder, stop):
    batches = -(-len(matrix) // options.batch)
    while state.epoch < options.epochs:
        while state.batch < batches:
            rows = state.order[state.batch * options.batch:(state.batch + 1) * options.batch]
            change = gradient(state.weights, matrix.take(rows), [t[rows] for t in targets], spans)
            state.squares += change ** 2
            state.weights -= options.rate * change / np.sqrt(state.squares)
            state.batch, state.step = state.batch + 1, state.step + 1
            if stop.asked or state.step % STEPS_PER_CHECKPOINT == 0:
                state.save(folder)
            if stop.asked:
                print(f"asked to stop: saved step {state.step}", flush=True)
                sys.exit(128 + signal.SIGTERM)
        state.next_epoch()
        print(f"epoch {state.epoch} of {options.epochs}, step {state.step}", flush=True)


# --- how good it is ------------------------------------------------------------------------------

def macro_f1(truth, answer, classes):
    scores_of_classes = []
    for label in range(classes):
        hits = np.sum((truth == label) & (answer == label))
        wrong = np.sum((truth == label) != (answer == label))
        scores_of_classes.append(2 * hits / (2 * hits + wrong) if hits + wrong else 0.0)
    return float(np.mean(scores_of_classes))


def recall_and_precision(is_emergency, called):
    hits = np.sum(is_emergency & called)
    return float(hits / max(1, is_emergency.sum())), float(hits / max(1, called.sum()))


def highest_threshold(is_emergency, probability):
    """The highest threshold whose recall on these calls reaches the target."""
    of_emergencies = np.sort(probability[is_emergency])
    may_miss = int(np.floor((1 - TARGET_RECALL) * len(of_emergencies)))
    return float(of_emergencies[may_miss])


def metrics_of(parts, labels, spans, weights, majority):
    """Everything that is reported; numbers only, rounded to six digits."""
    emergency = labels["urgency"].names.index("emergency")
    probability, truth = {}, {}
    for split, (matrix, targets) in parts.items():
        everything = matrix.take(np.arange(len(matrix)))
        logits = scores(weights, everything, len(matrix))
        probability[split] = [softmax(logits[:, first:last]) for first, last in spans]
        truth[split] = targets
    urgency = HEADS.index("urgency")
    threshold = highest_threshold(truth["validation"][urgency] == emergency,
                                  probability["validation"][urgency][:, emergency])
    result = {"emergency_threshold": threshold}
    for split in ("validation", "test"):
        recall, precision = recall_and_precision(
            truth[split][urgency] == emergency, probability[split][urgency][:, emergency] >= threshold)
        result[f"emergency_recall_{split}"] = recall
        result[f"emergency_precision_{split}"] = precision
    for place, head in enumerate(HEADS):
        answers, target = probability["test"][place].argmax(axis=1), truth["test"][place]
        classes = len(labels[head].names)
        dumb = np.full(len(target), majority[place])
        result[f"accuracy_{head}"] = float(np.mean(answers == target))
        result[f"macro_f1_{head}"] = macro_f1(target, answers, classes)
        result[f"baseline_accuracy_{head}"] = float(np.mean(dumb == target))
        result[f"baseline_macro_f1_{head}"] = macro_f1(target, dumb, classes)
    return {name: round(value, 6) for name, value in result.items()}


LIMITS = """\
What this does not show: the calls are generated. Real callers, real speech recognition and real
emergencies differ; measure on your own labelled calls before anyone relies on it. The baseline
always answers with the most frequent class of the training split.
"""


def write_outputs(out, weights, labels, idf, metrics):
    model = out / "model"
    model.mkdir(parents=True, exist_ok=True)
    np.save(model / "weights.npy", weights.astype(np.float32))
    np.save(model / "idf.npy", idf.astype(np.float32))
    dump = lambda value: json.dumps(value, indent=1, sort_keys=True) + "\n"
    (model / "labels.json").write_text(dump({head: labels[head].names for head in HEADS}), "utf-8")
    (out / "metrics.json").write_text(dump(metrics), "utf-8")
    lines = [f"{name:28} {value:.4f}" for name, value in sorted(metrics.items())]
    (out / "report.txt").write_text("\n".join(lines) + "\n\n" + LIMITS, "utf-8")


# --- the contract --------------------------------------------------------------------------------

def checkpoint_to_resume():
    """The newest complete checkpoint, or None on a first start."""
    folder = os.environ.get("CURBSTOP_RESUME", "")
    if not folder:
        return None
    newest = os.environ.get("CURBSTOP_RESUME_FROM", "")
    if newest:
        return pathlib.Path(folder) / newest
    return max(pathlib.Path(folder).glob("step-*"), default=None)


def main():
    parser = argparse.ArgumentParser(description="Train the call classifier.")
    parser.add_argument("--data", default="local/calls.csv")
    parser.add_argument("--epochs", default=4, type=int)
    parser.add_argument("--rate", default=0.5, type=float)
    parser.add_argument("--batch", default=256, type=int)
    parser.add_argument("--seed", default=1, type=int)
    options = parser.parse_args()
    out = pathlib.Path(os.environ.get("CURBSTOP_OUT") or "local/out")
    checkpoints = pathlib.Path(os.environ.get("CURBSTOP_CHECKPOINT_DIR") or "local/checkpoints")
    stop = Stop()

    calls = read_calls(options.data)
    by_split = {split: [call for call in calls if call["split"] == split]
                for split in ("train", "validation", "test")}
    labels = {head: Labels(call[head] for call in by_split["train"]) for head in HEADS}
    parts = {split: (Matrix([call["text"] for call in some]),
                     [labels[head].numbers([call[head] for call in some]) for head in HEADS])
             for split, some in by_split.items()}
    idf = inverse_frequency(parts["train"][0])
    for matrix, _ in parts.values():
        matrix.scale(idf)
    ends = np.cumsum([len(labels[head].names) for head in HEADS])
    spans = list(zip([0, *ends[:-1]], ends))

    state = State(int(ends[-1]), len(parts["train"][0]), options.seed)
    resume = checkpoint_to_resume()
    if resume is not None:
        state.load(resume)
        print(f"resumed at step {state.step}", flush=True)
    train(state, *parts["train"], spans, options, checkpoints, stop)

    majority = [np.bincount(target).argmax() for target in parts["train"][1]]
    metrics = metrics_of(parts, labels, spans, state.weights, majority)
    write_outputs(out, state.weights, labels, idf, metrics)
    print(f"emergency recall {metrics['emergency_recall_test']:.4f} at precision "
          f"{metrics['emergency_precision_test']:.4f} on the test split", flush=True)


if __name__ == "__main__":
    main()
