"""The written pages of the repository on the site: which files, under which addresses, in which order."""

from __future__ import annotations

import re
from pathlib import Path

from .links import linked
from .markdown import mentions_linked, render

# Pages whose name on the site differs from that in the repository.
RENAMED = {
    "README.md": "index.html",
    "data/README.md": "data/index.html",
    "CITATION.cff": "cite.html",
    "LICENSE": "licence.html",
    "data/LICENSE": "data/licence.html",
}
WRITTEN = ("docs/*.md", "docs/adr/*.md", "CHANGELOG.md", "CONTRIBUTING.md")
COPIED = ("data/*.csv", "data/datapackage.json", "data/corrections.yml", "docs/*.csv")


def addresses(root, notebooks) -> dict[str, str]:
    """
    Address on the site of every file of the repository that has one.

    Parameters
    ----------
    root : Path
        Top of the repository.
    notebooks : sequence of Path
        Executed notebooks.

    Returns
    -------
    dict of str to str
        Path in the repository to address; the folders lead to their first page.
    """
    found = {f"notebooks/{path.name}": f"notebooks/{path.stem}.html" for path in notebooks}
    written = [
        path.relative_to(root).as_posix() for pattern in WRITTEN for path in sorted(root.glob(pattern))
    ]
    found |= {path: f"{path.removesuffix('.md')}.html" for path in written}
    found |= {path.relative_to(root).as_posix(): path.relative_to(root).as_posix()
              for pattern in COPIED for path in sorted(root.glob(pattern))}  # fmt: skip
    found |= RENAMED
    folders = {"docs": "docs/index.html", "docs/adr": "docs/index.html", "data": "data/index.html",
               "notebooks": "notebooks/index.html"}  # fmt: skip
    return found | folders


def _matching(root, patterns) -> list[str]:
    """Paths in the repository that match patterns, pattern by pattern."""
    return [p.relative_to(root).as_posix() for pattern in patterns for p in sorted(root.glob(pattern))]


def written_pages(root, where, links):
    """
    Every written page.

    Parameters
    ----------
    root : Path
    where : dict of str to str
        From `addresses`.
    links : Links

    Yields
    ------
    path : str
        In the repository.
    values : dict
        For the template: ``title``, ``body``, ``contents``.
    """
    for path in [p for p in where if p.endswith(".md") and p != "README.md"]:
        up = "../" * where[path].count("/")
        text = render((root / path).read_text(encoding="utf-8"), path, where)
        body = linked(mentions_linked(text.html, where, up), links, up)
        yield path, {"title": text.title or Path(path).stem, "body": body, "contents": text.contents}


def citation(path) -> dict[str, str]:
    """
    Fields of CITATION.cff that a reader needs, and an entry for BibTeX.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict
        ``words`` and ``bibtex``.
    """
    import yaml

    entry = yaml.safe_load(path.read_text(encoding="utf-8"))
    authors = " and ".join(
        a.get("name") or f"{a['family-names']}, {a['given-names']}" for a in entry["authors"]
    )
    key = re.sub(r"\W+", "_", authors.lower()).strip("_")
    fields = {"title": f"{{{entry['title']}}}", "author": f"{{{authors}}}", "version": entry["version"]}
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return {
        "words": f"{authors}. {entry['title']}. Version {entry['version']}.",
        "bibtex": f"@software{{{key},\n{lines}\n}}",
    }
