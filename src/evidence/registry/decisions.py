"""
Decisions of a person about a registry record: which title is which arm, time point, instrument.

They live in ``decisions.toml`` beside the proposed rows. The file is written with every title that had to be
read and the reading used; an empty value means undecided, and what depends on it is refused.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from ..data.files import read_text
from ..errors import DataError

FILE = "decisions.toml"
SECTIONS = {
    "arms": "group title = arm of arms.csv",
    "scales": "measure title = instrument of scales.csv",
    "reads": "measure title = score or change (from baseline)",
    "spreads": "measure title = sd, se, ci95 or none (no column for it)",
    "times": "title of a time point = days after the first dose",
    "events": "measure title = name of the event that is counted",
    "directions": "analysis = sign of the estimate that favours the active arm: negative or positive",
    "analyses": "analysis = what contrasts.csv calls it: mixed_model, ancova, first_period ...",
}
_HEAD = """\
# What the titles of {nct} mean here. An empty value is undecided, and what depends on it is not proposed;
# "leave out" is a decision too. Change values and run `evidence fetch {nct}` again.
"""


class Decisions:
    """
    Answers to what a record leaves open, given ones first, guesses otherwise.

    Parameters
    ----------
    given : dict of str to dict of str to str, optional
        Section to title to value; see `SECTIONS`.
    """

    def __init__(self, given=None):
        self.given = given or {}
        self.asked: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}

    def ask(self, section, title, guess=""):
        """
        Decide on a title: the given value, else the guess; remembered either way.

        Examples
        --------
        >>> Decisions({"arms": {"Drug": "ketamine"}}).ask("arms", "Drug", "midazolam")
        'ketamine'
        """
        value = self.given.get(section, {}).get(title) or guess
        self.asked[section][title] = value
        return value

    def unused(self):
        """Given titles that the record does not have, as ``[section] "title"``."""
        return [
            f'[{section}] "{title}"'
            for section, titles in self.given.items()
            for title in titles
            if title not in self.asked[section]
        ]

    def text(self, nct):
        """The file `decisions.toml`: every title asked about and the value used."""
        blocks = [_HEAD.format(nct=nct)]
        for section, meaning in SECTIONS.items():
            titles = {**self.asked[section], **self.given.get(section, {})}
            if titles:
                lines = [f"{_quoted(title)} = {_quoted(value)}" for title, value in sorted(titles.items())]
                blocks.append("\n".join([f"[{section}]  # {meaning}", *lines]) + "\n")
        return "\n".join(blocks)


def _quoted(text):
    """A TOML basic string; its escapes are those of JSON, and DEL needs one too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_decisions(path):
    """
    Read `decisions.toml`.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict of str to dict of str to str
        Empty when there is no such file.

    Raises
    ------
    DataError
        If the file is not TOML, or holds an unknown section or anything but text and numbers.
    """
    path = Path(path)
    if not path.exists():
        return {}
    text, faults = read_text(path)
    if faults:
        raise faults[0]
    fix = "correct it, or delete the file and fetch again"
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        line = re.search(r"line (\d+)", str(error))
        number = int(line[1]) if line else None
        raise DataError(path, number, None, str(error)[:100], "TOML", fix) from None
    for section, titles in content.items():
        if section not in SECTIONS or not isinstance(titles, dict):
            raise DataError(path, None, None, f"[{section}]", f"sections {', '.join(SECTIONS)}", fix)
        for title, value in titles.items():
            if type(value) not in (str, int, float):
                raise DataError(path, None, title, str(value)[:60], 'text in quotes, such as "14"', fix)
    return {
        section: {title: value if isinstance(value, str) else f"{value:g}" for title, value in titles.items()}
        for section, titles in content.items()
    }
