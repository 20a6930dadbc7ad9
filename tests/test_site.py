"""The reading site as files: links, sources, weight, structure, safety, the same bytes on every build."""

import io
import json
import re
import shutil
import zipfile
from urllib.parse import unquote, urlsplit

import pandas as pd
import pytest
from site_pages import ROOT, Page, addresses, page, row, search_index, site

from evidence import load
from evidence.figures.pooled import window_forest
from evidence.prose.tables import table
from evidence.rerun.nbstyle import show
from evidence.review.efficacy import pool_all
from evidence.site.build import MARK, Site, _checker, build
from evidence.site.checker import archive, node_modules
from evidence.site.claims import claims_page
from evidence.site.links import Links, linked
from evidence.site.markdown import render
from evidence.site.notebooks import notebook_page
from evidence.site.search import sections
from evidence.site.sources import fact_row
from evidence.site.trials import TrialPages

REVIEW = load()
LINKS = Links(REVIEW)
FRONT_LIMIT = 300_000  # bytes of the front page with all it loads


def target(address, link):
    """File and anchor of a relative link on a page."""
    parts = urlsplit(link)
    place = (site() / address).parent / unquote(parts.path) if parts.path else site() / address
    return place.resolve(), parts.fragment


def is_abroad(link):
    return re.match(r"https?://|mailto:", link) is not None


def test_there_is_a_page_for_everything():
    wanted = {f"trials/{trial}.html" for trial in REVIEW.trials["trial_id"]}
    wanted |= {f"sources/{key}.html" for key in REVIEW.references["key"]}
    wanted |= {f"notebooks/{path.stem}.html" for path in (ROOT / "notebooks").glob("*.ipynb")}
    wanted |= {f"docs/adr/{path.stem}.html" for path in (ROOT / "docs" / "adr").glob("*.md")}
    wanted |= {f"docs/{name}.html" for name in ("limitations", "glossary", "wanted", "choices", "textcheck")}
    wanted |= {"index.html", "claims.html", "check.html", "search.html", "cite.html", "licence.html"}
    wanted |= {
        "CHANGELOG.html",
        "CONTRIBUTING.html",
        "data/index.html",
        "data/licence.html",
        "docs/index.html",
    }
    assert wanted - set(addresses()) == set()


def test_links_lead_somewhere():
    broken = []
    for address in addresses():
        links = [e["href"] for kind in ("a", "link") for e in page(address).all(kind) if "href" in e]
        links += [e["src"] for kind in ("img", "script") for e in page(address).all(kind)]
        for link in [link for link in links if not is_abroad(link)]:
            path, anchor = target(address, link)
            name = path.relative_to(site()).as_posix() if path.is_relative_to(site()) else ""
            known = path.is_file() and (
                not anchor or not name.endswith(".html") or anchor in page(name).ids()
            )
            broken += [] if known else [(address, link)]
    assert broken == []


def test_nothing_is_loaded_from_another_host():
    loaded = [
        e.get(name) for a in addresses() for _, e in page(a).elements for name in ("src", "action", "srcset")
    ]
    loaded += [e.get("href") for a in addresses() for e in page(a).all("link")]
    assert [link for link in loaded if link and (is_abroad(link) or link.startswith("//"))] == []
    styles = "".join(path.read_text("utf-8") for path in (site() / "static").glob("*.css"))
    assert re.findall(r"@import|url\(", styles) == []


def test_every_page_is_well_formed_and_has_its_parts():
    for address in addresses():
        found = page(address)
        assert (address, found.faults, found.open) == (address, [], [])
        assert (address, sorted(found.ids())) == (address, sorted(set(found.ids())))
        assert (address, len(found.all("h1")), len(found.all("main"))) == (address, 1, 1)
        assert found.all("html") == [{"lang": "en"}]
        assert found.all("a")[0]["class"] == "skip"
        policy = [e["content"] for e in found.all("meta") if e.get("http-equiv") == "Content-Security-Policy"]
        assert len(policy) == 1
        assert policy[0].startswith("default-src 'none'; script-src 'self'")


def test_no_inline_script_or_style():
    inline = [(a, name) for a in addresses() for _, e in page(a).elements for name in e
              if name == "style" or name.startswith("on")]  # fmt: skip
    bare = [a for a in addresses() for e in page(a).all("script") if "src" not in e]
    assert (inline, bare, [a for a in addresses() if page(a).all("style")]) == ([], [], [])


def test_every_figure_states_its_result():
    alts = [e["alt"] for a in addresses() for e in page(a).all("img")]
    assert len(alts) > 10
    assert [alt for alt in alts if len(alt) < 60 or not re.search(r"\d", alt)] == []


def test_front_page_is_light():
    kinds = {"link": "href", "script": "src", "img": "src"}
    files = {
        target("index.html", e[name])[0] for kind, name in kinds.items() for e in page("index.html").all(kind)
    }
    assert len(files) >= 3
    weight = (site() / "index.html").stat().st_size + sum(path.stat().st_size for path in files)
    assert weight < FRONT_LIMIT


def test_front_page_shows_what_was_computed():
    text = page("index.html").text
    pools = pool_all(REVIEW)
    assert f"{pools['24h'].partial.estimate:.2f}" in text
    assert f"{pools['end_of_course'].partial.ci_low:.2f}" in text
    assert "CAPS-5" in text
    assert "very low" in text


def test_a_fact_is_shown_as_printed_with_a_way_to_its_source():
    fact = REVIEW.facts.set_index("fact_id").loc["F0027"]
    shown = row("sources/feder_2014.html", "F0027")
    assert f"{fact['value']:g} ({fact['ci_low']:g} to {fact['ci_high']:g})" in shown
    assert f'href="{fact["source_url"]}"' in shown
    reference = REVIEW.references.set_index("key").loc["feder_2014"]
    assert f'href="https://doi.org/{reference["doi"]}"' in page("sources/feder_2014.html").text


def test_every_fact_has_its_row():
    missing = [i for i in LINKS.facts if not row(LINKS.fact(i).partition("#")[0], i)]
    assert missing == []


def linked_cells(address):
    """(text, link) of each number that leads to a fact."""
    return re.findall(r'<a href="([^"]+)" class="from">([^<]+)</a>', page(address).text)


def test_numbers_of_a_trial_lead_to_the_facts_that_hold_them():
    found = {text: link for link, text in linked_cells("trials/feder_2014.html")}
    assert found["12.70 (2.50 to 22.80)"] == "../sources/feder_2014.html#F0027"
    assert found["0.020"] == "../sources/feder_2014.html#F0028"


@pytest.mark.parametrize("trial", REVIEW.trials["trial_id"])
def test_every_number_in_a_trials_tables_is_linked(trial):
    body = page(f"trials/{trial}.html").text
    bare = re.findall(r'<td class="num">(?:<a [^>]*>)?([^<]*)(</a>)?</td>', body)
    assert [text for text, closed in bare if re.search(r"\d", text) and not closed] == []


def test_every_row_of_the_pools_leads_to_facts():
    body = page("notebooks/02_effect_sizes.html").text
    rows = [r for r in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL) if "feder_2021" in r]
    assert rows
    assert [r for r in rows if "#F0" not in r and "sources/feder_2021.html" not in r] == []


def test_the_fact_with_the_number_is_preferred():
    assert LINKS.behind("0.02", ["F0027", "F0028"]).endswith("#F0028")
    assert LINKS.behind("12.70 (2.50 to 22.80)", ["F0028", "F0027"]).endswith("#F0027")
    assert LINKS.behind("999", ["F0028", "F0027"]).endswith("#F0028")


def test_numbers_in_a_sentence_lead_to_their_facts():
    shown = LINKS.numbers("It fell by 12.7 (2.5 to 22.8) on IES-R & 7 of 8.", ["F0027"])
    assert shown.startswith(
        'It fell by <a href="sources/feder_2014.html#F0027" class="from">12.7 (2.5 to 22.8)</a>'
    )
    assert shown.endswith(" on IES-R &amp; 7 of 8.")


def test_table_cells_are_linked_by_what_they_are():
    row = {
        "trial": "Feder 2014",
        "dose": "midazolam 0.045 mg/kg IV",
        "n": 41,
        "source": "feder_2014; feder_2021",
        "facts": "F0003; F0027",
        "nct": "NCT00749203",
        "doi": "10.1001/jamapsychiatry.2014.62",
    }
    shown = linked(table([row]).html(), LINKS, "../")
    assert '<a href="../trials/feder_2014.html">Feder 2014</a>' in shown
    assert "<td>midazolam 0.045 mg/kg IV</td>" in re.sub(r' class="mid"', "", shown)
    assert '<td class="num"><a href="../sources/feder_2014.html#' in shown
    assert '<a href="../sources/feder_2021.html">feder_2021</a>' in shown
    assert '<a href="../sources/feder_2014.html#F0027">F0027</a>' in shown
    assert '<a href="https://clinicaltrials.gov/study/NCT00749203">' in shown
    assert '<a href="https://doi.org/10.1001/jamapsychiatry.2014.62">' in shown
    assert "style=" not in shown


def test_unknown_fact_ids_and_code_stay_as_they_are():
    text = "<p>F0027 and F9999</p><pre>F0027</pre><p><a href='x'>F0027</a></p>"
    shown = linked(text, LINKS)
    assert shown.count("sources/feder_2014.html#F0027") == 1
    assert "and F9999" in shown


def test_markdown_obeys_no_markup_and_follows_links_to_pages():
    where = {"docs/a.md": "docs/a.html", "docs/adr/b.md": "docs/adr/b.html", "README.md": "index.html"}
    text = (
        "# A b\n\n<script>x</script> [b](adr/b.md#C-d) [top](../README.md) [gone](no.md) [bad](javascript:x)"
    )
    shown = render(text, "docs/a.md", where)
    assert shown.title == "A b"
    assert "<script" not in shown.html
    assert '<a href="../docs/adr/b.html#c-d">b</a>' in shown.html
    assert '<a href="../index.html">top</a>' in shown.html
    assert " gone " in shown.html
    assert 'href="javascript' not in shown.html


def test_only_web_addresses_of_the_data_become_links():
    fact = {**LINKS.facts["F0027"], "source_url": "javascript:alert(1)", "note": "<b>"}
    assert fact_row(fact, {}, {})["url"] == ""


def test_hostile_data_are_shown_not_obeyed(tmp_path):
    maker = Site(ROOT, tmp_path)
    values = TrialPages(REVIEW, pool_all(REVIEW), LINKS).page(next(REVIEW.trials.itertuples()))
    evil = '<script>alert(1)</script>"onload="x'
    values |= {
        "title": evil,
        "lead": evil,
        "unknown": [evil],
        "design": [{"what": evil, "value": evil, "address": "", "kind": ""}],
    }
    maker.page("trials/x.html", "trial.html", **values)
    shown = Page((tmp_path / "trials" / "x.html").read_text("utf-8"))
    assert [e for e in shown.all("script") if "src" not in e] == []
    assert not any(name.startswith("on") for _, e in shown.elements for name in e)


def test_claims_page_has_every_claim_once_with_its_verdict():
    values = claims_page(REVIEW, LINKS)
    items = [e for e in page("claims.html").all("li") if "data-verdict" in e]
    assert [(e["id"], e["data-verdict"]) for e in items] == [
        (c["claim_id"], c["verdict"]) for c in values["claims"]
    ]
    assert [e["id"] for e in items] == list(REVIEW.claims["claim_id"])
    assert sum(n for *_, n in values["verdicts"]) == len(items)
    for verdict, _, n in values["verdicts"]:
        assert f"{n} {verdict}" in page("index.html").text


def test_trial_page_says_what_is_not_known():
    text = page("trials/feder_2014.html").text
    assert "What is not known" in text
    assert "SD of the scores" in text
    assert "Risk of bias: high" in text


def test_search_index_has_every_page_and_no_code():
    found = search_index()
    assert {entry[0].partition("#")[0] for entry in found} == set(addresses())
    assert not any(
        "import evidence" in words for address, _, _, words in found if address.startswith("notebooks/")
    )
    fact = next(entry for entry in found if entry[0] == "sources/feder_2014.html#F0027")
    assert fact[1:3] == ["Feder et al. 2014", "F0027"]
    assert "12.7 (2.5 to 22.8)" in fact[3]
    assert {f"claims.html#{claim}" for claim in REVIEW.claims["claim_id"]} <= {entry[0] for entry in found}


def test_search_sections_skip_what_is_not_text():
    text = (
        "<nav>menu</nav><main><h1>A</h1><p>one</p><details class='code'><summary>Code</summary><pre>x=1</pre>"
        "</details><h2 id='b'>B <i>c</i></h2><script>evil</script><p>two<br>three</p></main><footer>f"
    )
    assert sections("p.html", "A", text) == [
        ["p.html", "A", "", "one"],
        ["p.html#b", "A", "B c", "two three"],
    ]


def test_two_builds_give_the_same_bytes(tmp_path):
    build(ROOT, tmp_path / "again", ROOT / "notebooks", report=lambda line: None)
    first, second = ({p.relative_to(f).as_posix(): p.read_bytes() for p in f.rglob("*") if p.is_file()}
                     for f in (site(), tmp_path / "again"))  # fmt: skip
    assert sorted(first) == sorted(second)
    assert [name for name in first if first[name] != second[name]] == []


def test_other_files_are_never_replaced(tmp_path):
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(ValueError, match="holds other files"):
        build(ROOT, tmp_path, ROOT / "notebooks")
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "keep"


def test_a_failed_build_leaves_the_old_site(tmp_path):
    out = tmp_path / "site"
    out.mkdir()
    (out / MARK).touch()
    (out / "index.html").write_text("old", encoding="utf-8")
    broken = tmp_path / "notebooks"
    broken.mkdir()
    (broken / "x.ipynb").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="Expecting"):
        build(ROOT, out, broken)
    assert (out / "index.html").read_text(encoding="utf-8") == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notebooks", "site"]


def test_without_notebooks_the_fix_is_named(tmp_path):
    with pytest.raises(ValueError, match="make review"):
        build(ROOT, tmp_path / "site", tmp_path)


def test_figures_are_vector_graphics_with_their_data_when_kept(tmp_path):
    digest = "0123456789ab"
    picture = {"data": {"image/png": "aGk="}, "metadata": {"image/png": {"alt": "A <b>."}}}
    said = {"output_type": "stream", "name": "stdout", "text": f"figure data {digest}\n"}
    outputs = [{"output_type": "display_data", **picture}, said]
    cell = {"cell_type": "code", "source": "show(fig)", "outputs": outputs}
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    where = {"notebooks/n.ipynb": "notebooks/n.html"}
    plain = notebook_page(tmp_path / "n.ipynb", tmp_path, "notebooks/n.ipynb", where, LINKS)
    assert plain.files == {f"{digest}.png": b"hi"}
    (tmp_path / f"{digest}.svg").write_bytes(b"<svg/>")
    (tmp_path / f"{digest}.csv").write_bytes(b"a\n")
    kept = notebook_page(tmp_path / "n.ipynb", tmp_path, "notebooks/n.ipynb", where, LINKS)
    assert kept.files == {f"{digest}.svg": b"<svg/>", f"{digest}.csv": b"a\n"}
    assert 'alt="A &lt;b&gt;."' in kept.body
    assert f'<a href="../figures/{digest}.csv" download>' in kept.body


def test_a_notebook_run_keeps_each_figure_as_vector_graphic_with_its_data(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EVIDENCE_FIGURES", str(tmp_path))
    drawn = window_forest(pool_all(REVIEW)["24h"], REVIEW)
    show(drawn)
    digest = capsys.readouterr().out.split()[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{digest}.csv", f"{digest}.svg"]
    kept = pd.read_csv(tmp_path / f"{digest}.csv")
    assert set(kept["part"]) == {"rows", "pools"}
    rows = kept[kept["part"] == "rows"]
    effects = pool_all(REVIEW)["24h"].included.set_index("trial_id")
    assert rows.set_index("trial_id")["yi"]["feder_2014"].min() == effects["yi"]["feder_2014"]
    pools = kept[kept["part"] == "pools"].set_index("label")
    assert pools.loc["All reports", "estimate"] == pool_all(REVIEW)["24h"].partial.estimate


def test_front_figures_are_vector_graphics_with_data():
    for window in ("24h", "end_of_course"):
        assert (site() / "figures" / f"front_{window}.svg").read_text("utf-8").count("<title>") == 1
        header = (site() / "figures" / f"front_{window}.csv").read_text("utf-8").splitlines()[0]
        assert {"label", "estimate", "ci_low", "yi", "se"} <= set(header.split(","))


def test_checker_archive_is_the_package_itself():
    with zipfile.ZipFile(io.BytesIO(archive())) as file:
        names = set(file.namelist())
        source = ROOT / "src"
        assert [n for n in names if file.read(n) != (source / n).read_bytes()] == []
    assert {
        "evidence/__init__.py",
        "evidence/textcheck/recognise.py",
        "evidence/textcheck/answers.json",
        "evidence/textcheck/patterns.json",
    } <= names
    assert archive() == archive()


def test_without_node_the_page_gives_the_command_line(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert node_modules(ROOT / "site_src", tmp_path) == "npm (of Node.js) was not found"
    said = []
    root = tmp_path / "root"
    shutil.copytree(ROOT / "site_src", root / "site_src")
    _checker(Site(root, tmp_path / "out"), said.append)
    text = (tmp_path / "out" / "check.html").read_text(encoding="utf-8")
    assert said == ["The site is built without the text checker: npm (of Node.js) was not found"]
    assert "built without the checker" in text
    assert "evidence check article.txt" in text
    assert "checker.js" not in text


def test_binder_uses_the_same_environment():
    for name in ("environment.yml", "requirements.lock"):
        assert (ROOT / "binder" / name).read_bytes() == (ROOT / name).read_bytes()
    assert "environment.yml" in (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
