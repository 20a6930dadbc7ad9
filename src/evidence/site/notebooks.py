"""Executed notebooks as web pages: answers first, code folded, figures as vector graphics with their data."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from .links import linked
from .markdown import mentions_linked, render

_DIGEST = re.compile(r"^figure data (\w+)$", re.MULTILINE)


@dataclass
class NotebookPage:
    """What the template of a notebook shows, and the files it needs (name under figures/ to content)."""

    path: str
    title: str
    body: str
    contents: list[tuple[str, str]]
    files: dict[str, bytes]
    lead: str = ""


def notebook_page(path, figures, address, addresses, links) -> NotebookPage:
    """
    Turn an executed notebook into the body of a page.

    Parameters
    ----------
    path : Path
        The executed notebook.
    figures : Path
        Folder with the vector graphics and data that ``nbstyle.show`` kept, named by fingerprint; a figure
        that is not there is shown as the picture inside the notebook.
    address : str
        Path of the notebook in the repository.
    addresses : mapping of str to str
        Address on the site of each file of the repository.
    links : Links

    Returns
    -------
    NotebookPage
    """
    page = NotebookPage(address, "", "", [], {})
    up = "../" * addresses[address].count("/")
    used: dict[str, int] = {}
    parts = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            text = render(source, address, addresses, used)
            page.title = page.title or text.title
            page.contents += text.contents
            parts.append(text.html)
        else:
            parts += [_code(source), *_outputs(cell["outputs"], Path(figures), page, address, addresses, up)]
    page.body = linked(mentions_linked("\n".join(parts), addresses, up), links, up)
    return page


def _code(source) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    shown = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
    return (f'<details class="code"><summary>Code</summary><pre tabindex="0"><code>{shown}</code></pre>'
            "</details>")  # fmt: skip


def _outputs(outputs, figures, page, address, addresses, up):
    """HTML of each output of a cell."""
    said = "".join("".join(o["text"]) for o in outputs if o["output_type"] == "stream")
    digests = iter(_DIGEST.findall(said))
    for output in outputs:
        if output["output_type"] == "stream":
            if text := _DIGEST.sub("", "".join(output["text"])).strip():
                yield f'<pre class="output" tabindex="0">{html.escape(text)}</pre>'
            continue
        data = {kind: _joined(content) for kind, content in output.get("data", {}).items()}
        if "text/html" in data:
            yield data["text/html"]
        elif "image/png" in data:
            alt = output.get("metadata", {}).get("image/png", {}).get("alt", "")
            yield _figure(next(digests, ""), data["image/png"], alt, figures, page, up)
        elif "text/markdown" in data:
            text = render(data["text/markdown"], address, addresses).html
            page.lead = page.lead or text
            yield f'<div class="computed">{text}</div>'
        else:
            yield f'<pre class="output" tabindex="0">{html.escape(data.get("text/plain", ""))}</pre>'


def _joined(content) -> str:
    return "".join(content) if isinstance(content, list) else content


def _figure(digest, png, alt, figures, page, up) -> str:
    """A figure with links to its files; the picture inside the notebook where no vector graphic was kept."""
    kept = [figures / f"{digest}{ending}" for ending in (".svg", ".csv")]
    if digest and all(file.is_file() for file in kept):
        page.files.update({file.name: file.read_bytes() for file in kept})
        return figure(f"{up}figures/{digest}.svg", alt, f"{up}figures/{digest}.csv")
    content = base64.b64decode(png)
    name = f"{digest or len(page.files)}.png"
    page.files[name] = content
    return figure(f"{up}figures/{name}", alt)


def figure(address, alt, data="") -> str:
    """HTML of a figure: picture, words for those who do not see it, and links to the files."""
    name = html.escape(re.split(r"[.:] ", alt)[1 if ": " in alt[:40] else 0][:80]) or "Figure"
    files = [f'<a href="{address}">Figure alone</a>']
    files += [f'<a href="{data}" download>Data behind it (CSV)</a>'] if data else []
    return (
        f'<figure><div class="scroll" tabindex="0" role="region" aria-label="Figure: {name}">'
        f'<img src="{address}" alt="{html.escape(alt)}"></div>'
        f"<figcaption>{' '.join(files)}"
        f"<details><summary>In words</summary><p>{html.escape(alt)}</p></details></figcaption></figure>"
    )
