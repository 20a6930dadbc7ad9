"""
Check a text against the evidence: ``check_text(text)`` and the reports it prints.

Standard library only; input is untrusted, so every output escapes it, and nothing is fetched.
"""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from .page import LOOKS, page
from .recognise import Asserted, Claim, recognise
from .verdicts import VERDICTS, judge

MAX_BYTES = 5_000_000  # a long book; more is almost surely the wrong file
SCHEMA = "evidence-textcheck/1"


@dataclass(frozen=True)
class Finding:
    """
    One claim with its verdict.

    Attributes
    ----------
    sentence : str
        The sentence as read, cleaned of markup.
    start, end : int
        Its place in the text as given.
    topic, claim_type : str
    cues : tuple of str
        Words that made it a claim on this topic.
    asserted : Asserted
    verdict : str
        One of ``evidence.verdicts.VERDICTS``.
    reason : str
        One sentence with numbers.
    suggestion : str
        A wording that the evidence carries.
    evidence : tuple of dict
        ``name``, ``say``, ``fact_ids``, ``sources``.
    sources : tuple of dict
        ``key``, ``cite``, ``title``, ``url``.
    main : bool
        Whether it is the first claim of its sentence.
    """

    sentence: str
    start: int
    end: int
    topic: str
    claim_type: str
    cues: tuple[str, ...]
    asserted: Asserted
    verdict: str
    reason: str
    suggestion: str
    evidence: tuple[dict, ...]
    sources: tuple[dict, ...]
    main: bool

    def to_dict(self) -> dict:
        """The finding as plain data, the schema of ``docs/textcheck.md``."""
        plain = asdict(self)
        asserted = plain["asserted"]
        del asserted["families"], asserted["polarity"]
        asserted["numbers"] = [{"value": q.value, "unit": q.unit} for q in self.asserted.numbers]
        return plain


@dataclass(frozen=True)
class TextReport:
    """
    All findings of a text.

    Attributes
    ----------
    text : str
        The text as given.
    findings : tuple of Finding
        In order of appearance, the main claim of a sentence first.
    """

    text: str
    findings: tuple[Finding, ...]

    def counts(self) -> dict[str, int]:
        """Findings per verdict, the gravest first."""
        counted = Counter(f.verdict for f in self.findings)
        return {verdict: counted.get(verdict, 0) for verdict in VERDICTS}

    def to_json(self) -> str:
        """The report as JSON; ``<`` is escaped, so that it can stand inside a page."""
        report = {
            "schema": SCHEMA,
            "characters": len(self.text),
            "counts": self.counts(),
            "findings": [f.to_dict() for f in self.findings],
        }
        return _safe_json(report)

    def to_text(self, width: int = 100) -> str:
        """
        The report for a terminal; a claim that is repeated word for word is shown once.

        Parameters
        ----------
        width : int
            Columns, at least 40.

        Returns
        -------
        str
        """
        if not self.findings:
            return "No claim about ketamine for PTSD was recognised. (Only English is read.)"
        counts = ", ".join(f"{n} {v}" for v, n in self.counts().items() if n)
        blocks = [f"{len(self.findings)} claim{'s' * (len(self.findings) > 1)}: {counts}"]
        keys = [(f.sentence, f.topic, f.verdict) for f in self.findings]
        times, first = Counter(keys), dict(zip(reversed(keys), reversed(self.findings), strict=True))
        for number, key in enumerate(times, 1):
            finding, symbol = first[key], LOOKS[first[key].verdict][0]
            again = f"  said {times[key]} times" if times[key] > 1 else ""
            head = f"{number}. {symbol} {finding.verdict.upper()}  [{finding.topic}]{again}"
            cite = "; ".join(s["cite"] for s in finding.sources[:4])
            lines = [f'"{finding.sentence}"', finding.reason, f"Better: {finding.suggestion}"]
            lines += [f"Sources: {cite}"] if cite else []
            body = [_wrapped(_visible(line), max(width, 40)) for line in lines]
            blocks.append("\n".join([head, *body]))
        return "\n\n".join(blocks)

    def to_html(self) -> str:
        """The report as one self-contained page: the text with its claims marked, and a list of findings."""
        return page(self)

    def __str__(self) -> str:
        return self.to_text()


def _visible(text: str) -> str:
    """Text without control characters, which could drive a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _wrapped(text: str, width: int) -> str:
    return textwrap.fill(text, width, initial_indent="   ", subsequent_indent="   ", break_long_words=True)


def _safe_json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


@cache
def committed_answers() -> dict:
    """The committed answers of the review, read once."""
    return json.loads(Path(__file__).with_name("answers.json").read_text(encoding="utf-8"))


def _refuse_unreadable(text: object) -> None:
    """Raise when there is nothing a reader could check."""
    if not isinstance(text, str):
        raise ValueError(f"text must be a string; found {type(text).__name__}. Read the file as UTF-8 first")
    size = len(text) if len(text) > MAX_BYTES or text.isascii() else len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise ValueError(f"text is too large: {size:,} bytes; allowed: {MAX_BYTES:,}. Split it into parts")
    if not text.strip():
        raise ValueError("text is empty; give at least one sentence")
    if "\0" in text or sum(text[:4096].count(c) for c in map(chr, (*range(1, 9), *range(14, 32)))) > 8:
        raise ValueError(
            "text looks binary (control characters); give plain text or HTML, not a PDF or DOCX file"
        )


def read_text(path: str | Path) -> str:
    """
    Read a text or HTML file for `check_text`.

    Parameters
    ----------
    path : str or Path
        UTF-8, UTF-16 with a byte order mark, or Windows-1252.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the file is missing, empty, binary or larger than 5 MB.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{path}: {'a folder, not a file' if path.is_dir() else 'no such file'}")
    with path.open("rb") as file:
        return decode_text(file.read(MAX_BYTES + 1), path)


def decode_text(raw: bytes, name: object) -> str:
    """
    Turn the bytes of a file into text.

    Parameters
    ----------
    raw : bytes
        UTF-8, UTF-16 with a byte order mark, or Windows-1252.
    name : str or Path
        What to call the file in a message.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there is nothing, too much, or no text.
    """
    if len(raw) > MAX_BYTES:
        raise ValueError(f"{name}: file is too large; allowed: {MAX_BYTES:,} bytes. Split it into parts")
    if not raw.strip():
        raise ValueError(f"{name}: file is empty")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    if b"\0" in raw or raw[:4] in (b"%PDF", b"PK\x03\x04", b"\x89PNG", b"GIF8"):
        raise ValueError(f"{name}: file is binary; save it as plain text or HTML first")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def check_text(text: str, answers: dict | None = None) -> TextReport:
    """
    Judge every claim about ketamine for PTSD in a text.

    Parameters
    ----------
    text : str
        Plain text or HTML, at most 5 MB.
    answers : dict, optional
        Content of an ``answers.json``; the committed answers of the review by default.

    Returns
    -------
    TextReport
        With ``findings``, ``to_text``, ``to_json`` and ``to_html``.

    Raises
    ------
    ValueError
        If the text is empty, binary, too large or no string.

    Examples
    --------
    >>> report = check_text("Spravato is approved for PTSD. The clinic opens at nine.")
    >>> [(f.topic, f.verdict) for f in report.findings]
    [('regulatory_spravato', 'contradicted')]
    """
    _refuse_unreadable(text)
    answers = committed_answers() if answers is None else answers
    findings, last = [], None
    for claim in recognise(text):
        place = (claim.sentence.start, claim.sentence.end)
        findings.append(_finding(claim, answers, place != last))
        last = place
    return TextReport(text, tuple(findings))


def _finding(claim: Claim, answers: dict, main: bool) -> Finding:
    judged, sentence = judge(claim, answers), claim.sentence
    return Finding(
        sentence=sentence.text,
        start=sentence.start,
        end=sentence.end,
        topic=claim.topic,
        claim_type=claim.claim_type,
        cues=claim.cues,
        asserted=claim.asserted,
        verdict=judged.verdict,
        reason=judged.reason,
        suggestion=judged.suggestion,
        evidence=judged.evidence,
        sources=judged.sources,
        main=main,
    )
