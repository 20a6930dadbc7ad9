"""
The HTML page of a text report: self-contained, escaped, readable without colour, mouse or script.

Standard library only.
"""

from __future__ import annotations

from html import escape

from .sentences import visible_text

# Symbol, ink and paper per verdict, after Okabe and Ito's palette; the symbol alone tells the verdict too.
LOOKS = {
    "contradicted": ("✗", "#7a2a00", "#fbe3d6"),
    "overstated": ("▲", "#6b4a00", "#fdf0cd"),
    "no evidence": ("?", "#4a4a4a", "#ececec"),
    "supported with limits": ("◐", "#00476b", "#dcf0fb"),
    "supported": ("✓", "#00503a", "#d8f3e8"),
    "outside scope": ("–", "#5b3350", "#f6e6f0"),
}
# Marks that turn the direction of writing could make the page show other words than it holds.
_TURNS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_TITLE = "Claims about ketamine for PTSD, checked"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
body { font: 1rem/1.6 Georgia, serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem;
  color: #222; background: #fff; }
a { color: #00476b; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
mark { position: relative; padding: 0 .15em; border-bottom: 2px solid; color: inherit; }
mark:focus { outline: 3px solid #00476b; }
.tip { display: none; position: absolute; left: 0; top: 100%; z-index: 1; width: min(28rem, 80vw);
  padding: .6em .8em; font: .85rem/1.45 sans-serif; background: #fff; color: #222;
  border: 1px solid #555; white-space: normal; }
mark:hover .tip, mark:focus .tip, mark:focus-within .tip { display: block; }
li { margin: 0 0 1.2em; overflow-wrap: anywhere; }
.verdict { font: bold .85rem sans-serif; padding: .1em .5em; border: 1px solid; white-space: nowrap; }
.small { font: .85rem/1.45 sans-serif; color: #444; }
@media print { .tip { display: none !important; } }
"""


def _badge(verdict: str) -> str:
    symbol, ink, paper = LOOKS[verdict]
    return f'<span class="verdict" style="color:{ink};background:{paper}">{symbol} {escape(verdict)}</span>'


def _link(source: dict) -> str:
    """A citation; only web addresses become links."""
    cite = escape(source["cite"])
    if not source["url"].startswith(("https://", "http://")):
        return cite
    return f'<a href="{escape(source["url"], quote=True)}" rel="noreferrer">{cite}</a>'


def _shown(fragment: str) -> str:
    """A piece of the text as a reader sees it: markup is left out, the rest escaped."""
    return escape((visible_text(fragment) if "<" in fragment else fragment).translate(_TURNS))


def _mark(text: str, group: list) -> str:
    """One sentence with its claims; the tip is shown on hover and focus and read out as its description."""
    number, first = group[0]
    symbol, ink, paper = LOOKS[first.verdict]
    tips = "<br>".join(f"{_badge(f.verdict)} {escape(f.reason)}" for _, f in group)
    return (
        f'<mark tabindex="0" aria-describedby="t{number}" style="background:{paper};border-color:{ink}">'
        f"{_shown(text)}"
        f'<sup><a href="#f{number}" aria-label="finding {number}: {escape(first.verdict)}">'
        f"{symbol}{number}</a></sup>"
        f'<span class="tip" role="tooltip" id="t{number}">{tips}</span></mark>'
    )


def _marked_text(report) -> str:
    """The text with every sentence that makes a claim marked."""
    groups: dict[tuple[int, int], list] = {}
    for number, finding in enumerate(report.findings, 1):
        groups.setdefault((finding.start, finding.end), []).append((number, finding))
    parts, place = [], 0
    for (start, end), group in groups.items():
        parts += [_shown(report.text[place:start]), _mark(report.text[start:end], group)]
        place = end
    return "".join([*parts, _shown(report.text[place:])])


def _item(number: int, finding) -> str:
    sources = "; ".join(_link(s) for s in finding.sources) or "none"
    facts = [e["say"] for e in finding.evidence]
    return (
        f'<li id="f{number}">{_badge(finding.verdict)} '
        f'<span class="small">{escape(finding.topic)}</span><br>\n'
        f"<q>{escape(finding.sentence)}</q><br>\n{escape(finding.reason)}<br>\n"
        f"<b>Better:</b> {escape(finding.suggestion)}\n"
        f'<div class="small">Evidence: {escape("; ".join(facts) or "none")}<br>\n'
        f"Sources: {sources}</div></li>"
    )


def page(report) -> str:
    """
    The whole page.

    Parameters
    ----------
    report : TextReport
        Its text and findings are taken as untrusted.

    Returns
    -------
    str
        HTML with the text, the findings and the JSON report; it loads nothing and runs no script.
    """
    counts = " ".join(f"{_badge(v)} {n}" for v, n in report.counts().items() if n)
    items = "\n".join(_item(n, f) for n, f in enumerate(report.findings, 1))
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_TITLE}</title>
<style>{_STYLE}</style></head>
<body><main>
<h1>{_TITLE}</h1>
<p>{counts or "No claim was recognised."}</p>
<h2>The text</h2>
<div class="text">{_marked_text(report)}</div>
<h2>The findings</h2>
<ol>
{items}
</ol>
<script type="application/json" id="report">{report.to_json()}</script>
</main></body></html>
"""
