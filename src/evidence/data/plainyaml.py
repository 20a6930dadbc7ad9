"""YAML of plain mappings, lists and text, read so that no input can run code, grow or pass unseen."""

from __future__ import annotations

from ..errors import DataError
from .files import read_text, shown

_DEPTH = 6
# A pure-Python YAML parser reads about 0.1 MB a second; a longer file is not ours.
_MAX_BYTES = 200_000


class Mapping(dict):
    """A YAML mapping that knows the line of each of its keys."""

    def __init__(self, line):
        super().__init__()
        self.line, self.lines = line, {}


class YamlFault(Exception):
    """What is wrong in a YAML file, and on which line; the reader of the file adds its path."""

    def __init__(self, line, column, found, allowed, fix, row=""):
        self.parts = (line, column, found, allowed, fix, row)

    def located(self, path):
        """The fault as a `DataError` of the file at `path`."""
        line, column, found, allowed, fix, row = self.parts
        return DataError(path, line, column, shown(found), allowed, fix, row=shown(row), check="corrections")


def read_yaml(path):
    """
    Read a YAML file of plain mappings, lists and text; every scalar stays text, as it is written.

    Text avoids what YAML makes of ``no``, ``1e3`` or ``2024-01-01``; the column says what a value is.
    Anchors, aliases, tags, repeated keys and deep nesting are refused.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    value : dict, list, str or None
    faults : list of DataError
    """
    import yaml

    text, faults = read_text(path, _MAX_BYTES)
    if faults:
        return None, faults
    try:
        events = yaml.parse(text, Loader=yaml.BaseLoader)
        value = _document(yaml, events)
    except YamlFault as fault:
        return None, [fault.located(path)]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        return None, [_bad_yaml(path, line, error.problem or error.context)]
    except yaml.YAMLError as error:  # of the reader, which knows no line
        return None, [_bad_yaml(path, None, getattr(error, "reason", "unreadable text"))]
    except (ValueError, OverflowError):  # PyYAML passes these on from chr() and int()
        return None, [_bad_yaml(path, None, "an escape or a directive out of range")]
    return value, []


def _bad_yaml(path, line, problem):
    fix = "correct the YAML (indent by spaces, quote text with ': ' or '#'), or restore it with git"
    return DataError(path, line, None, shown(problem), "YAML", fix)


def _document(yaml, events):
    """The value of the one document of a stream."""
    value: list = []
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent) and value:
            raise YamlFault(
                event.start_mark.line + 1, None, "a second document", "one document", "delete '---'"
            )
        if isinstance(event, yaml.NodeEvent):
            value = [_node(yaml, events, event, 0)]
    return value[0] if value else None


def _node(yaml, events, event, depth):
    """Value of the node that starts with `event`."""
    line = event.start_mark.line + 1
    if event.anchor is not None or getattr(event, "tag", None) is not None:
        raise YamlFault(line, None, "an anchor, alias or tag", "plain YAML", "write the value out")
    if isinstance(event, yaml.ScalarEvent):
        return event.value
    if depth >= _DEPTH:
        raise YamlFault(
            line, None, "deep nesting", f"at most {_DEPTH} levels", "write the entry as in the others"
        )
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(child := next(events), yaml.SequenceEndEvent):
            items.append(_node(yaml, events, child, depth + 1))
        return items
    mapping = Mapping(line)
    while not isinstance(child := next(events), yaml.MappingEndEvent):
        key = _node(yaml, events, child, depth + 1)
        if not isinstance(key, str) or key in mapping:
            found = f"the key '{key}' twice" if isinstance(key, str) else "a list or mapping as key"
            raise YamlFault(
                child.start_mark.line + 1, None, found, "each key once, as text", "rename or delete it"
            )
        mapping.lines[key] = child.start_mark.line + 1
        mapping[key] = _node(yaml, events, next(events), depth + 1)
    return mapping
