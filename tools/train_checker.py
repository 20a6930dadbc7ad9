"""
Make the model that reads sentences: labelled sentences in, src/evidence/textcheck/model.json out.

    make checker                        # writes the model
    make checker ARGS="--measure A B"   # prints how well it reads these writers when made from all others

Multinomial logistic regression with an L2 penalty. Small weights are dropped and the rest is rounded, which
costs about one point of accuracy and makes the file small enough for a web page.
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
from sklearn.linear_model import LogisticRegression

from evidence.textcheck.check import committed_answers
from evidence.textcheck.families import Reading, table
from evidence.textcheck.features import features, on_topic
from evidence.textcheck.model import NONE, Head
from evidence.textcheck.sentences import split_sentences

ROOT = Path(__file__).parent.parent
SENTENCES = ROOT / "tests" / "claims" / "sentences_training.csv"
TARGET = ROOT / "src" / "evidence" / "textcheck" / "model.json"
SCALE = 0.02  # unit of the stored weights
SETTINGS = {  # inverse penalty, sentences a feature must stand in, smallest weight kept
    "topic": (10.0, 3, 0.06),
    "direction": (1.0, 3, 0.05),
    "stance": (1.0, 3, 0.03),
}


def rows(path=SENTENCES):
    """Labelled sentences, with their features."""
    with path.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    for row in found:
        row["features"] = {}
        for sentence in split_sentences(row["text"]):
            row["features"] |= features(Reading(sentence, table()), table())
    return found


def examples(found, head):
    """Features and labels of one head."""
    for row in found:
        topic = row["topic_key"]
        if head == "topic":
            yield row["features"], topic
        elif topic != NONE and row[head]:
            yield on_topic(row["features"], topic), row[head]


def fit(found, head):
    """One head, as stored."""
    penalty, least, smallest = SETTINGS[head]
    inputs, labels = zip(*examples(found, head), strict=True)
    seen = Counter(name for each in inputs for name in each)
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(
        [{name: value for name, value in each.items() if seen[name] >= least} for each in inputs]
    )
    model = LogisticRegression(C=penalty, max_iter=400, tol=1e-4).fit(matrix, labels)
    coefficients = np.where(np.abs(model.coef_) < smallest, 0, np.round(model.coef_ / SCALE)).astype(int)
    weights = {}
    for column, name in enumerate(vectorizer.feature_names_):
        places = np.nonzero(coefficients[:, column])[0]
        if places.size:
            weights[name] = [int(x) for k in places for x in (k, coefficients[k, column])]
    bias = [round(float(b) / SCALE) for b in model.intercept_]
    return {"labels": model.classes_.tolist(), "bias": bias, "weights": weights}


def made_from():
    """Digest of what the model is made from; a test holds the committed model to it."""
    package = TARGET.parent
    modules = ("features.py", "families.py", "quantities.py", "sentences.py", "patterns.json")
    sources = [SENTENCES, *(package / name for name in modules)]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def measure(found, writers):
    """Print how the sentences of each of these writers are read by a model made from all others."""
    stances = {t: {r["stance"] for r in s["rules"]} for t, s in committed_answers()["topics"].items()}
    print("writer  claims others  precision recall  topic  direction  stance")
    for writer in writers:
        others = [row for row in found if row["writer"] != writer]
        heads = {name: Head(**fit(others, name), scale=SCALE) for name in SETTINGS}
        right, kinds = Counter(), Counter()
        for row in (row for row in found if row["writer"] == writer):
            topic = next(iter(heads["topic"].probabilities(row["features"])))
            kinds[row["topic_key"] != NONE, topic != NONE] += 1
            if NONE in (topic, row["topic_key"]):
                continue
            detailed = on_topic(row["features"], topic)
            ranked = [s for s in heads["stance"].probabilities(detailed) if s in stances[topic]]
            right["topic"] += topic == row["topic_key"]
            right["direction"] += next(iter(heads["direction"].probabilities(detailed))) == row["direction"]
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
    text = json.dumps({"made_from": made_from(), "scale": SCALE, "heads": heads}, separators=(",", ":"))
    TARGET.write_text(text.replace('],"', '],\n"') + "\n", encoding="utf-8")
    print(f"{TARGET}: {TARGET.stat().st_size / 1000:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main()
