"""Links resolve, every public name is documented, and the versions agree."""

import inspect
import json
import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from repo_pages import ROOT, pages, prose

import evidence

LINK = re.compile(r"\]\(\s*<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
ABROAD = re.compile(r"^[a-z][a-z0-9+.-]*:")
PAGES = pages()


def links(text):
    """Relative links of a page."""
    found = ("".join(groups) for groups in LINK.findall(prose(text)))
    return [target for target in found if not ABROAD.match(target)]


def anchors(text):
    """Anchors that a page's headings make, as GitHub does."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in plain}


def is_broken(page, target):
    place, _, anchor = unquote(target).partition("#")
    path = ((ROOT / page).parent / place).resolve() if place else ROOT / page
    if not path.exists() or not path.is_relative_to(ROOT):
        return True
    other = PAGES.get(str(path.relative_to(ROOT)))
    return bool(anchor) and other is not None and anchor not in anchors(other)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_relative_links_resolve(page):
    assert [target for target in links(PAGES[page]) if is_broken(page, target)] == []


@pytest.mark.parametrize("target", ["no/such/file.md", "../outside.md", "#no-such-heading", "no%20file.md"])
def test_a_broken_link_is_seen(target):
    assert links(f"see [it]({target}) and `[code](x.md)`") == [target]
    assert is_broken("README.md", target)


def test_a_good_link_is_not_called_broken():
    assert not is_broken("README.md", "LICENSE")
    assert links("[a](https://example.org) [b](mailto:a@b.c)") == []


@pytest.mark.parametrize("name", evidence.__all__)
def test_public_name_is_documented(name):
    thing = getattr(evidence, name)
    text = inspect.getdoc(thing) or ""
    assert len(text.splitlines()[0]) > 10
    assert undocumented_parameters(thing, text) == []


FUNCTIONS = [name for name in evidence.__all__ if inspect.isfunction(getattr(evidence, name))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_function_has_an_example(name):
    assert ">>>" in inspect.getdoc(getattr(evidence, name))


def undocumented_parameters(thing, text):
    """Parameters a docstring never names; one that sends the reader to another public name may be short."""
    elsewhere = set(re.findall(r"`(\w+)`", text)) & set(evidence.__all__) - {thing.__name__}
    if isinstance(thing, type) and (issubclass(thing, Exception) or "**fields" in text):
        return []
    names = [name for name in inspect.signature(thing).parameters if name[0] != "_"]
    return [] if elsewhere else [name for name in names if not re.search(rf"\b{name}\b", text)]


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    data = json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))
    assert [project["version"], citation["version"], data["version"]] == [evidence.__version__] * 3


def test_licences_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert project["license"] == " AND ".join(citation["license"]) == "MIT AND CC-BY-4.0"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert "Attribution 4.0 International" in (ROOT / "data" / "LICENSE").read_text(encoding="utf-8")


def test_make_help_lists_every_target():
    makefile = Path(ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE).group(1).split()
    assert sorted(phony) == sorted(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
