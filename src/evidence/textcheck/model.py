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
    One multinomial logistic model.

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

    def scores(self, found: dict[str, float]) -> list[float]:
        """Score of each label."""
        total = list(self.bias)
        for name, value in found.items():
            if flat := self.weights.get(name):
                for place, weight in zip(flat[::2], flat[1::2], strict=True):
                    total[place] += value * weight
        return [self.scale * score for score in total]

    def probabilities(self, found: dict[str, float]) -> dict[str, float]:
        """
        Probability of each label, the likeliest first.

        Parameters
        ----------
        found : dict of str to float
            From `evidence.textcheck.features`.

        Returns
        -------
        dict of str to float
        """
        scores = self.scores(found)
        top = max(scores)
        odds = [math.exp(score - top) for score in scores]
        ranked = sorted(zip(odds, self.labels, strict=True), key=lambda pair: (-pair[0], pair[1]))
        whole = sum(odds)
        return {label: odd / whole for odd, label in ranked}

    def weight(self, name: str, label: str) -> float:
        """Weight of a feature for a label."""
        flat = self.weights.get(name, [])
        return self.scale * dict(zip(flat[::2], flat[1::2], strict=True)).get(self.labels.index(label), 0)


@cache
def heads() -> dict[str, Head]:
    """The heads of ``model.json`` by name, read once."""
    content = json.loads(Path(__file__).with_name("model.json").read_text(encoding="utf-8"))
    return {name: Head(**head, scale=content["scale"]) for name, head in content["heads"].items()}
