"""
The reading site: static pages from the executed notebooks, the data and the written documentation.

Nothing on it asks another host for anything; it works from a folder, except for the text checker, which
browsers start only from a server.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections import Counter
from pathlib import Path

from ..choices import Choices
from ..data.load import load
from ..review.efficacy import pool_all
from .checker import bundle, node_modules, python_version
from .claims import claims_page
from .docs import addresses, citation, written_pages
from .links import Links, linked
from .notebooks import notebook_page
from .search import index_script, sections
from .sources import source_pages
from .trials import TrialPages, readable, windows_of

MARK = ".evidence-site"  # a folder without it is never replaced
NAVIGATION = (
    ("notebooks/index.html", "Answers"),
    ("trials/index.html", "Trials"),
    ("claims.html", "Claims"),
    ("check.html", "Check a text"),
    ("sources/index.html", "Sources"),
    ("data/index.html", "Data"),
    ("docs/index.html", "Method"),
    ("about.html", "About"),
)


class Site:
    """
    Pages under construction in a folder.

    Parameters
    ----------
    root : Path
        Top of the repository.
    out : Path
        Empty folder written to.
    """

    def __init__(self, root, out):
        import jinja2

        from .. import __version__

        self.root, self.out = root, out
        self.entries: list[list[str]] = []
        loader = jinja2.FileSystemLoader(root / "site_src" / "templates")
        self.templates = jinja2.Environment(
            loader=loader,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self.templates.filters["readable"] = readable
        self.templates.globals.update(version=__version__, navigation=NAVIGATION)

    def page(self, address, template, **values) -> None:
        """Write one page and add its words to the search index."""
        up = "../" * address.count("/")
        section = address.split("/")[0] if "/" in address else address
        text = self.templates.get_template(template).render(address=address, up=up, section=section, **values)
        self.write(address, _regions_told_apart(text).encode("utf-8"))
        self.entries += sections(address, values["title"], text)

    def write(self, address, content) -> None:
        """Write one file."""
        target = self.out / address
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _regions_told_apart(text) -> str:
    """Number the regions of a page that have the same name, as screen readers list them by name."""
    seen: Counter[str] = Counter()

    def numbered(match):
        seen[match[1]] += 1
        extra = f" ({seen[match[1]]})" if seen[match[1]] > 1 else ""
        return f'role="region" aria-label="{match[1]}{extra}"'

    return re.sub(r'role="region" aria-label="([^"]*)"', numbered, text)


def build(root, out, notebooks, report=print) -> None:
    """
    Build the whole site; the old one stays until the new one is complete.

    Parameters
    ----------
    root : str or Path
        Top of the repository.
    out : str or Path
        Folder of the site; made, or replaced if it holds a site.
    notebooks : str or Path
        Folder of the executed notebooks; ``figures`` beside it holds what ``nbstyle.show`` kept.
    report : callable, optional
        Given each line of progress.

    Raises
    ------
    ValueError
        If `out` holds something else than a site, or `notebooks` has no notebooks.
    """
    root, out, notebooks = Path(root).resolve(), Path(out).resolve(), Path(notebooks)
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise ValueError(f"out: found {out}, which holds other files; allowed: an empty folder or a site")
    paths = sorted(notebooks.glob("*.ipynb"))
    if not paths:
        raise ValueError(f"notebooks: found none in {notebooks}. Fix: run `make review` first")
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        _fill(Site(root, draft), paths, notebooks.resolve().parent / "figures", report)
        if out.exists():
            shutil.rmtree(out)
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fill(site, paths, figures, report):
    """Write every file of the site."""
    review = load(site.root)
    pools = pool_all(review, Choices())
    links = Links(review)
    where = addresses(site.root, paths)
    site.write(MARK, b"")
    site.write(".nojekyll", b"")  # GitHub Pages would otherwise run its own generator
    for folder in (site.root / "site_src" / "static").iterdir():
        site.write(f"static/{folder.name}", folder.read_bytes())
    titles = _notebooks(site, paths, figures, where, links)
    _trials(site, review, pools, links)
    _sources(site, review)
    _written(site, where, links)
    claims = claims_page(review, links)
    site.page("claims.html", "claims.html", **claims)
    _checker(site, report)
    _front(site, review, pools, links, titles, claims["verdicts"])
    site.page("search.html", "search.html", title="Search")
    site.write("static/search-index.js", index_script(site.entries).encode("utf-8"))


def _notebooks(site, paths, figures, where, links):
    """Pages of the notebooks; returns (address, title, first computed sentence) of each."""
    pages = [notebook_page(p, figures, f"notebooks/{p.name}", where, links) for p in paths]
    listed = [(where[page.path], page.title, page.lead) for page in pages]
    for place, (path, page) in enumerate(zip(paths, pages, strict=True)):
        for name, content in page.files.items():
            site.write(f"figures/{name}", content)
        site.write(page.path, path.read_bytes())
        before, after = listed[place - 1] if place else None, (listed + [None])[place + 1]
        site.page(where[page.path], "notebook.html", title=page.title, body=page.body, contents=page.contents,
                  before=before, after=after, file=path.name)  # fmt: skip
    site.page("notebooks/index.html", "notebooks.html", title="Answers", notebooks=listed)
    return listed


def _trials(site, review, pools, links):
    maker = TrialPages(review, pools, links)
    entered = windows_of(review, pools)
    for trial in review.trials.itertuples():
        site.page(f"trials/{trial.trial_id}.html", "trial.html", **maker.page(trial))
    rows = [{**row, "windows": ", ".join(entered.get(row["trial_id"], []))}
            for row in review.trials.to_dict("records")]  # fmt: skip
    site.page("trials/index.html", "trials.html", title="Trials", trials=rows)


def _sources(site, review):
    pages = source_pages(review)
    for values in pages:
        site.page(values["source"]["address"], "source.html", **values)
    site.page("sources/index.html", "sources.html", title="Sources", sources=pages)


def _written(site, where, links):
    """Documentation, licences, citation, and the tables as files."""
    listed = []
    for path, values in written_pages(site.root, where, links):
        site.page(where[path], "page.html", **values)
        listed.append((where[path], values["title"]))
    for path, address in where.items():
        if path == address:
            site.write(address, (site.root / path).read_bytes())
    decisions = [item for item in listed if item[0].startswith("docs/adr/")]
    guides = [item for item in listed if item[0].startswith("docs/") and item not in decisions]
    site.page("docs/index.html", "method.html", title="Method", guides=guides, decisions=decisions)
    for path in ("LICENSE", "data/LICENSE"):
        text = (site.root / path).read_text(encoding="utf-8")
        site.page(where[path], "licence.html", title="Licence", text=text)
    site.write("CITATION.cff", (site.root / "CITATION.cff").read_bytes())
    site.page("cite.html", "cite.html", title="How to cite", **citation(site.root / "CITATION.cff"))
    site.page("about.html", "about.html", title="About this review")


def _checker(site, report):
    """The page of the text checker, with or without the checker itself."""
    packages = node_modules(site.root / "site_src", site.root / "build")
    version = ""
    if isinstance(packages, Path):
        bundle(packages, site.out / "static")
        version = python_version(packages)
    else:
        report(f"The site is built without the text checker: {packages}")
    site.page("check.html", "check.html", title="Check a text", bundled=version)


def _front(site, review, pools, links, titles, verdicts):
    """The front page."""
    from ..certainty.outcomes import certainty_ratings
    from ..plots.drawing import save, save_data
    from ..figures.pooled import window_forest
    from ..report.pooled import main_answer, pools_table, window_sentence
    from ..report.certainty import assumptions_table, certainty_answer, findings_table
    from .notebooks import figure

    ratings = certainty_ratings(review, pools=pools)
    shown = []
    for window in ("24h", "end_of_course"):
        drawn, name = window_forest(pools[window], review), f"figures/front_{window}"
        save(drawn, site.out / f"{name}.svg")
        save_data(drawn, site.out / f"{name}.csv")
        shown.append(figure(f"{name}.svg", drawn.alt_text, f"{name}.csv"))
    site.page("index.html", "front.html", title="Ketamine for PTSD: an open evidence review",
              answer=main_answer(pools), certainty=certainty_answer(ratings), figures=shown,
              sentences=[window_sentence(pool) for pool in pools.values()],
              findings=linked(findings_table(ratings, review).html(), links, "", "Summary of findings"),
              assumptions=linked(assumptions_table(review).html(), links, "", "Assumptions"),
              pools=linked(pools_table(pools, review).html(), links, "", "Time windows"), notebooks=titles,
              verdicts=verdicts)  # fmt: skip


def run(args) -> int:
    """
    Run the command.

    Parameters
    ----------
    args : argparse.Namespace
        With ``notebooks`` and ``out``, folders.

    Returns
    -------
    int
        0; 2 when there is nothing to build from, or the folder holds other files.
    """
    start = time.perf_counter()
    try:
        build(".", args.out, args.notebooks)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    files = [path for path in args.out.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    seconds = time.perf_counter() - start
    print(f"{args.out}/index.html: {len(files)} files, {size:.1f} MB, built in {seconds:.1f} s")
    return 0
