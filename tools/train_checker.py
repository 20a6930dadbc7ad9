"""
Make the model that reads sentences: labelled sentences in, src/evidence/textcheck/model.json out.

    make checker                        # writes the model
    make checker ARGS="--measure A B"   # prints how well it reads these writers when made from all others

Linear support vector machines, one a label, with squared hinge loss and an L2 penalty. Their scores times a
sharpness are the logits of the probabilities; small weights are dropped and the rest is rounded, which costs
about half a point of accuracy and makes the file small enough for a web page.
"""

import argparse
import csv
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.svm import LinearSVC

from evidence.textcheck.check import committed_answers
from evidence.textcheck.families import Reading, table
from evidence.textcheck.features import NOTHING, asks, features, on_topic
from evidence.textcheck.model import NONE, Head
from evidence.textcheck.recognise import asserted_in
from evidence.textcheck.sentences import split_sentences
from evidence.textcheck.verdicts import number_rule, stance, template

ROOT = Path(__file__).parent.parent
SENTENCES = ROOT / "tests" / "claims" / "sentences_training.csv"
TARGET = ROOT / "src" / "evidence" / "textcheck" / "model.json"
LENIENT = 0.1  # taken from the score of "none": a claim missed is as bad as one too many
UNIT = 0.005  # of the stored weights
LEAST = 3  # sentences a feature must stand in
# Inverse penalty; smallest weight kept; sharpness, which gave the best likelihood on writers left out.
SETTINGS = {"topic": (0.05, 0.01, 4.0), "direction": (0.02, 0.01, 2.5), "stance": (0.02, 0.01, 2.5)}


def rows(path=SENTENCES):
    """Labelled sentences, with their features; none of a question, which claims nothing."""
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    article, asked = "", NOTHING
    for row in found:
        if not row["article"] or row["article"] != article:
            asked = NOTHING
        article, row["features"], row["rule"] = row["article"], {}, ""
        for sentence in split_sentences(row["text"]):
            reading = Reading(sentence, table())
            read = features(reading, table(), asked)
            asked = read if asks(reading) else NOTHING
            if not asks(reading):
                row["features"] |= read
                row["rule"] = row["rule"] or number_stance(reading, row["topic_key"], row["direction"])
    return [row for row in found if row["features"]]


def number_stance(reading, topic, direction):
    """Stance of the rule about a number of a sentence, or ""."""
    if topic == NONE:
        return ""
    asserted = asserted_in(reading, topic, direction or "neutral")
    rule = number_rule(template()["topics"][topic]["rules"], asserted)
    return stance(rule) if rule else ""


def examples(found, head):
    """Features and labels of one head."""
    for row in found:
        topic = row["topic_key"]
        if head == "topic":
            yield row["features"], topic
        elif topic != NONE and row[head]:
            yield on_topic(row["features"], topic, row["rule"] if head == "stance" else ""), row[head]


def fit(found, head):
    """One head, as stored."""
    penalty, smallest, sharpness = SETTINGS[head]
    inputs, labels = zip(*examples(found, head), strict=True)
    seen = Counter(name for each in inputs for name in each)
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(
        [{name: value for name, value in each.items() if seen[name] >= LEAST} for each in inputs]
    )
    matrix.indices, matrix.indptr = (i.astype(np.int32) for i in (matrix.indices, matrix.indptr))
    model = LinearSVC(C=penalty, random_state=0).fit(matrix, labels)
    coefficients = np.where(np.abs(model.coef_) < smallest, 0, np.round(model.coef_ / UNIT)).astype(int)
    weights = {}
    for column, name in enumerate(vectorizer.feature_names_):
        places = np.nonzero(coefficients[:, column])[0]
        if places.size:
            weights[name] = [int(x) for k in places for x in (k, coefficients[k, column])]
    offset = [LENIENT * (label == NONE) for label in model.classes_]
    bias = [round(float(b) / UNIT) for b in model.intercept_ - offset]
    return {"scale": sharpness * UNIT, "labels": model.classes_.tolist(), "bias": bias, "weights": weights}


def made_from():
    """Digest of what the model is made from; a test holds the committed model to it."""
    package = TARGET.parent
    modules = ("features.py", "families.py", "quantities.py", "sentences.py", "patterns.json")
    sources = [SENTENCES, *(package / name for name in modules)]
    rules = [[(r["when"], stance(r)) for r in s["rules"]] for s in template()["topics"].values()]
    made = [*(path.read_bytes() for path in sources), json.dumps(rules).encode()]
    return hashlib.sha256(b"".join(made)).hexdigest()


def measure(found, writers):
    """Print how the sentences of each of these writers are read by a model made from all others."""
    stances = {t: {r["stance"] for r in s["rules"]} for t, s in committed_answers()["topics"].items()}
    print("writer  claims others  precision recall  topic  direction  stance")
    for writer in writers:
        others = [row for row in found if row["writer"] != writer]
        heads = {name: Head(**fit(others, name)) for name in SETTINGS}
        right, kinds = Counter(), Counter()
        for row in (row for row in found if row["writer"] == writer):
            topic = heads["topic"].ranked(row["features"])[0]
            kinds[row["topic_key"] != NONE, topic != NONE] += 1
            if NONE in (topic, row["topic_key"]):
                continue
            detailed = on_topic(row["features"], topic)
            ruled = on_topic(row["features"], topic, row["rule"])
            ranked = [s for s in heads["stance"].ranked(ruled) if s in stances[topic]]
            right["topic"] += topic == row["topic_key"]
            right["direction"] += heads["direction"].ranked(detailed)[0] == row["direction"]
            right["stance"] += ranked[0] == row["stance"]
        claims = kinds[True, True] + kinds[True, False]
        shares = [kinds[True, True] / (kinds[True, True] + kinds[False, True]), kinds[True, True] / claims]
        shares += [right[name] / claims for name in SETTINGS]
        counts = f"{writer:<8}{claims:6} {sum(kinds.values()) - claims:6}  "
        print(counts + "  ".join(f"{share:6.3f}" for share in shares), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--measure", nargs="+", metavar="WRITER", help="print how these are read unseen instead"
    )
    writers, found = parser.parse_args().measure, rows()
    if writers:
        unknown = set(writers) - {row["writer"] for row in found}
        if unknown:
            parser.error(f"--measure: found {sorted(unknown)}; allowed: writers named in {SENTENCES.name}")
        measure(found, writers)
        return
    heads = {name: fit(found, name) for name in SETTINGS}
    text = json.dumps({"made_from": made_from(), "heads": heads}, separators=(",", ":"))
    TARGET.write_text(text.replace('],"', '],\n"') + "\n", encoding="utf-8")
    print(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main()
