"""
The linear model that reads sentences: topic, direction, stance. Standard library only.

``model.json`` holds its weights; ``tools/train_checker.py`` makes it from labelled sentences.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NONE = "none"  # the topic of a sentence that claims nothing


@dataclass(frozen=True)
class Head:
    """
    One linear model: a score of every label, turned into probabilities by a softmax.

    Attributes
    ----------
    labels : list of str
    bias : list of float
        One a label.
    weights : dict of str to list of int
        By feature: place of a label, weight, place, weight ... Weights and bias are in units of ``scale``.
    scale : float
    """

    labels: list[str]
    bias: list[float]
    weights: dict[str, list[int]]
    scale: float

    def scores(self, found: dict[str, float]) -> dict[str, float]:
        """
        Score of each label.

        Parameters
        ----------
        found : dict of str to float
            From `evidence.textcheck.features`.

        Returns
        -------
        dict of str to float
        """
        total = list(self.bias)
        for name, value in found.items():
            if flat := self.weights.get(name):
                for place, weight in zip(flat[::2], flat[1::2], strict=True):
                    total[place] += value * weight
        return {label: self.scale * score for label, score in zip(self.labels, total, strict=True)}

    def ranked(self, found: dict[str, float]) -> list[str]:
        """Labels, that of the highest score first."""
        scores = self.scores(found)
        return sorted(scores, key=lambda label: (-scores[label], label))

    def weight(self, name: str, label: str) -> float:
        """Weight of a feature for a label."""
        flat = self.weights.get(name, [])
        return self.scale * dict(zip(flat[::2], flat[1::2], strict=True)).get(self.labels.index(label), 0)


def probabilities(scores: dict[str, float]) -> dict[str, float]:
    """Probability of each label, the likeliest first, by a softmax of the scores."""
    top = max(scores.values())
    odds = {label: math.exp(score - top) for label, score in scores.items()}
    whole = sum(odds.values())
    return {label: odds[label] / whole for label in sorted(odds, key=lambda label: (-odds[label], label))}


@cache
def heads() -> dict[str, Head]:
    """The heads of ``model.json`` by name, read once."""
    content = json.loads(Path(__file__).with_name("model.json").read_text(encoding="utf-8"))
    return {name: Head(**head) for name, head in content["heads"].items()}
