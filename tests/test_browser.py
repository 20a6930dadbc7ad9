"""
The reading site in a real browser: search, filters, the text checker, keyboard, accessibility, no other host.

Every page of a test is watched: a console error, an uncaught exception or a request to another host fails it.
"""

import csv
import functools
import json
import shutil
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import sync_playwright
from site_pages import ROOT, site

from evidence import load
from evidence.textcheck.check import check_text

pytestmark = [pytest.mark.requires_tool("chromium"), pytest.mark.requires_tool("npm")]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PICTURES = ROOT / "build" / "screenshots"
AXE = ROOT / "build" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
PAGES = (
    "index.html",
    "notebooks/index.html",
    "notebooks/03_pooled_efficacy.html",
    "trials/index.html",
    "trials/feder_2014.html",
    "sources/index.html",
    "sources/feder_2014.html",
    "claims.html",
    "check.html",
    "search.html?q=dissociation",
    "data/index.html",
    "docs/index.html",
    "docs/adr/0004-headline.html",
    "cite.html",
)
IN_THE_DARK = (
    "index.html",
    "notebooks/03_pooled_efficacy.html",
    "trials/feder_2014.html",
    "claims.html",
    "check.html",
)
LOAD_SECONDS, CHECK_SECONDS, HUGE_SECONDS = 60, 20, 180  # far above what is usual: shared machines
_TABLE = (ROOT / "tests" / "claims" / "sentences_dev.csv").read_text(encoding="utf-8")
SENTENCES = [row["text"] for row in csv.DictReader(_TABLE.splitlines())]
HOSTILE = (
    "<script>window.pwned = 1; fetch('https://example.org')</script>"
    "<img src='https://example.org/x.png' onerror='window.pwned = 2'>"
    "<iframe srcdoc='<script>parent.pwned = 3</script>'></iframe></textarea></title></style>"
    " Ketamine cures PTSD in 67% of veterans &lt;script&gt;window.pwned = 4&lt;/script&gt; within hours. "
)
RIGHT_TO_LEFT = (
    "\u202eKetamine cures PTSD within hours.\u202c הקטמין מרפא. كيتامين \u2067Ketamine helps veterans.\u2069 "
)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=site()))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


class Visits:
    """Opens pages and notes what they do wrong: errors, warnings, dialogs, requests to another host."""

    def __init__(self, browser, address):
        self.browser, self.address = browser, address
        self.faults, self.contexts = [], []

    def __call__(self, path="", viewport=DESKTOP, **options):
        context = self.browser.new_context(viewport=viewport, **options)
        self.contexts.append(context)
        context.on("page", self.watch)
        context.on("request", self.request)
        page = context.new_page()
        page.goto(path if "://" in path else self.address + path)
        return page

    def watch(self, page):
        page.on("console", lambda m: self.faults.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: (self.faults.append("a dialog opened"), dialog.dismiss()))

    def request(self, request):
        known = (self.address, "blob:", "data:", "about:", site().as_uri())
        self.faults += [] if request.url.startswith(known) else [f"request to {request.url}"]

    def close(self):
        for context in self.contexts:
            context.close()


@pytest.fixture
def open_page(browser, address):
    visits = Visits(browser, address)
    yield visits
    visits.close()
    assert visits.faults == []


def ready(page):
    page.wait_for_selector("body[data-checker=ready]", timeout=1000 * LOAD_SECONDS)
    return page


@pytest.fixture(scope="module")
def checker_visit(browser, address):
    visits = Visits(browser, address)
    yield visits, ready(visits("check.html"))
    visits.close()


@pytest.fixture
def checker(checker_visit):
    """The checker page, started once; what went wrong in a test is asserted at its end."""
    visits, page = checker_visit
    yield page
    ready(page)
    found, visits.faults = visits.faults, []
    assert found == []


def check(page, text, seconds=CHECK_SECONDS):
    """Check a text on the page and return the JSON that its link saves."""
    page.fill("#text", text)
    before = page.get_attribute("#json", "href")
    page.click("#run")
    page.locator(f"#json:not([href='{before}'])").wait_for(timeout=1000 * seconds)
    return saved(page, "#json")


def saved(page, link):
    with page.expect_download() as download:
        page.click(link)
    return download.value.path().read_text(encoding="utf-8")


def test_front_page_says_the_answer_and_is_ready_soon(open_page):
    page = open_page("")
    assert page.inner_text("h1").endswith("than its comparators?")
    assert "g = " in page.inner_text(".lead")
    images = page.locator("figure img")
    assert images.evaluate_all("all => all.every(i => i.complete && i.naturalWidth > 0)")
    timing = page.evaluate("performance.getEntriesByType('navigation')[0].toJSON()")
    assert timing["domInteractive"] < 1000
    loaded = page.evaluate("performance.getEntriesByType('resource').map(r => r.encodedBodySize)")
    assert timing["encodedBodySize"] + sum(loaded) < 300_000


def test_from_a_number_to_its_source_in_two_clicks(open_page):
    page = open_page("trials/feder_2014.html")
    page.click("a.from:text-is('12.70 (2.50 to 22.80)')")
    assert page.url.endswith("sources/feder_2014.html#F0027")
    assert page.locator("tr:target").inner_text().startswith("F0027")
    source = page.locator("tr:target td a[href^='http']").get_attribute("href")
    assert source == load().facts.set_index("fact_id").loc["F0027", "source_url"]


def test_search_finds_words_of_every_kind_of_page(open_page):
    page = open_page("")
    page.fill("#q", "midazolam veterans")
    page.press("#q", "Enter")
    page.wait_for_selector("#results li")
    assert "search.html?q=midazolam" in page.url
    words = page.locator("#results li mark").all_inner_texts()
    assert {"midazolam", "veterans"} <= {word.lower() for word in words}
    page.fill("#words", "F0027")
    assert page.locator("#results a").first.get_attribute("href") == "sources/feder_2014.html#F0027"
    page.fill("#words", "Scheffe bound")
    assert page.locator("#results a[href^='docs/']").count() > 0
    page.fill("#words", "xyzzy-nothing")
    assert page.locator("#results li").count() == 0
    assert "0 places" in page.inner_text("#count")


def test_search_shows_markup_as_text(open_page):
    page = open_page("search.html?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    assert page.input_value("#words") == "<img src=x onerror=alert(1)>"
    assert page.locator("#count img").count() == 0


def test_search_and_pages_work_from_a_folder(open_page):
    page = open_page(f"{site().as_uri()}/index.html")
    page.fill("#q", "dissociation")
    page.press("#q", "Enter")
    page.wait_for_selector("#results li")
    page.locator("#results a").first.click()
    page.wait_for_selector("h1")
    page.goto(f"{site().as_uri()}/check.html")
    assert "only from a server" in page.inner_text("#state")


def test_claims_are_filtered_by_verdict_and_words(open_page):
    page = open_page("claims.html")
    shown = page.locator(".claims > li:visible")
    every = shown.count()
    assert every == len(load().claims)
    page.check("input[value=overstated]")
    verdicts = shown.evaluate_all("all => all.map(li => li.dataset.verdict)")
    assert 0 < len(verdicts) < every
    assert set(verdicts) == {"overstated"}
    assert page.inner_text("#claim-count") == f"{len(verdicts)} of {every} claims shown."
    page.fill("#claim-words", "zzz")
    assert shown.count() == 0
    page.fill("#claim-words", "")
    page.locator("input[value='']").check()
    assert shown.count() == every


def test_verdict_counts_of_the_front_page_open_the_filter(open_page):
    page = open_page("")
    page.click(".counts a:has-text('contradicted')")
    page.locator("input[value=contradicted]:checked").wait_for()
    assert set(page.locator(".claims > li:visible .verdict").all_inner_texts()) == {"✗ contradicted"}


def test_code_of_a_notebook_is_folded_and_opens(open_page):
    page = open_page("notebooks/03_pooled_efficacy.html")
    code = page.locator("details.code").first
    assert not code.locator("pre").is_visible()
    code.locator("summary").click()
    assert "import evidence" in code.locator("pre").inner_text()


def test_checker_agrees_with_the_command_line_on_every_sentence(checker):
    assert len(SENTENCES) == 60
    differing = [text for text in SENTENCES if check(checker, text) != check_text(text).to_json()]
    assert differing == []


def test_checker_agrees_with_the_command_line_on_a_text(checker, tmp_path):
    text = " ".join(SENTENCES)
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "evidence.cli", "check", str(tmp_path / "text.txt"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    assert check(checker, text) == done.stdout.removesuffix("\n")
    assert saved(checker, "#page") == check_text(text).to_html()
    claims = len(json.loads(done.stdout)["findings"])
    assert checker.inner_text("#summary") == f"{claims} claims found."
    frame = checker.frame_locator("#findings")
    assert frame.locator("ol > li").count() == claims
    frame.locator("mark sup a").last.click()
    assert frame.locator("li:target q").inner_text()


def state_with(page, words):
    """Wait until the state line has these words."""
    page.locator("#state", has_text=words).wait_for(timeout=1000 * CHECK_SECONDS)


def test_checker_reads_a_file_as_the_command_line_does(checker, tmp_path):
    (tmp_path / "a.html").write_bytes("<p>Ketamine “cures” PTSD within hours.</p>".encode("cp1252"))
    checker.fill("#text", "")
    checker.set_input_files("#file", tmp_path / "a.html")
    state_with(checker, "Done")
    assert checker.input_value("#text") == "<p>Ketamine “cures” PTSD within hours.</p>"
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7")
    checker.set_input_files("#file", tmp_path / "b.pdf")
    state_with(checker, "binary")
    checker.fill("#text", "  ")
    checker.click("#run")
    state_with(checker, "empty")


def test_hostile_text_is_shown_not_obeyed(checker):
    text = HOSTILE * 3 + RIGHT_TO_LEFT * 3
    assert check(checker, text) == check_text(text).to_json()
    assert json.loads(check_text(text).to_json())["findings"]
    checker.wait_for_timeout(300)
    for frame in checker.frames:
        assert frame.evaluate("window.pwned === undefined")
        assert (
            frame.evaluate("document.querySelectorAll('script:not([type]):not([src]), main img').length") == 0
        )
    shown = checker.frame_locator("#findings").locator("body").inner_text()
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_a_megabyte_neither_hangs_nor_breaks_the_page(checker):
    text = ((HOSTILE + RIGHT_TO_LEFT) * 4000)[:1_000_000]
    checker.fill("#text", text)
    checker.click("#run")
    for _ in range(5):
        assert checker.evaluate("performance.now()") > 0  # the page answers while the worker works
        checker.wait_for_timeout(100)
    checker.locator("#summary", has_text="The first").wait_for(timeout=1000 * HUGE_SECONDS)
    assert "claims found. The first 1000 are shown" in checker.inner_text("#summary")
    assert checker.frame_locator("#findings").locator("ol > li").count() == 1000
    assert checker.evaluate("window.pwned === undefined")


def test_a_long_check_can_be_stopped(checker):
    checker.fill("#text", ("Ketamine cures PTSD within hours. " * 30_000)[:1_000_000])
    checker.click("#run")
    checker.click("#stop")
    ready(checker)
    assert check(checker, SENTENCES[0]) == check_text(SENTENCES[0]).to_json()


def test_pages_without_scripts(open_page):
    page = open_page("check.html", java_script_enabled=False)
    assert "evidence check article.txt" in page.inner_text("main")
    assert "also runs in a terminal" in page.inner_text("main")
    assert not page.locator("#checker").is_visible()
    page = open_page("claims.html", java_script_enabled=False)
    assert page.locator(".claims > li").count() == len(load().claims)
    assert not page.locator("#filter").is_visible()


def focused(page):
    """What has the focus: its tag, its words, and whether an outline shows it."""
    return page.evaluate(
        """() => { const e = document.activeElement;
        return [e.tagName, e.id || e.textContent.trim(), getComputedStyle(e).outlineStyle !== 'none']; }"""
    )


def test_keyboard_alone_is_enough(open_page):
    page = open_page("")
    page.keyboard.press("Tab")
    assert focused(page) == ["A", "Skip to the content", True]
    page.keyboard.press("Enter")
    assert focused(page)[:2] == ["MAIN", "main"]
    page.goto(page.url.partition("#")[0] + "claims.html")
    page.focus("input[value='']")
    page.keyboard.press("ArrowDown")
    assert page.locator("input[value=contradicted]").is_checked()
    assert focused(page)[2]


def test_checker_by_keyboard(checker):
    checker.fill("#text", "")
    checker.focus("#text")
    checker.keyboard.type("Ketamine cures PTSD within hours.")
    checker.keyboard.press("Tab")
    assert focused(checker) == ["BUTTON", "run", True]
    checker.keyboard.press("Enter")
    state_with(checker, "Done")
    assert focused(checker)[:2] == ["H2", "result-head"]


def scan(page):
    """Violations that axe finds on a page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {iframes: false})")
    assert len(found["passes"]) > 10
    return [(v["id"], v["impact"], [n["html"][:120] for n in v["nodes"][:3]]) for v in found["violations"]]


@pytest.mark.parametrize("path", PAGES)
def test_accessibility(open_page, path):
    assert scan(open_page(path)) == []


@pytest.mark.parametrize("path", IN_THE_DARK)
def test_accessibility_in_the_dark(open_page, path):
    assert scan(open_page(path, color_scheme="dark")) == []


def test_accessibility_of_the_findings(checker, open_page, tmp_path):
    check(checker, " ".join(SENTENCES))
    assert scan(checker) == []
    (tmp_path / "findings.html").write_text(saved(checker, "#page"), encoding="utf-8")
    page = open_page("cite.html")
    page.route("**/findings.html", lambda route: route.fulfill(path=tmp_path / "findings.html"))
    page.goto(page.url.replace("cite.html", "findings.html"))
    assert scan(page) == []


LOOKS = [(path, kind) for path in PAGES for kind in ("desktop", "phone")] + [(p, "dark") for p in IN_THE_DARK]


@pytest.mark.parametrize(("path", "kind"), LOOKS)
def test_picture(open_page, path, kind):
    PICTURES.mkdir(parents=True, exist_ok=True)
    name = path.partition("?")[0].replace("/", "_").removesuffix(".html")
    viewport = PHONE if kind == "phone" else DESKTOP
    page = open_page(path, viewport, color_scheme="dark" if kind == "dark" else "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    size = {"x": 0, "y": 0, "width": viewport["width"], "height": 5000}
    picture = page.screenshot(path=PICTURES / f"{name}.{kind}.png", full_page=True, clip=size)
    assert len(picture) > 10_000


def test_picture_of_findings(checker):
    check(checker, " ".join(SENTENCES[:12]))
    checker.wait_for_timeout(300)
    assert len(checker.screenshot(path=PICTURES / "checked.desktop.png", full_page=True)) > 10_000


def test_print_leaves_out_controls(open_page):
    page = open_page("notebooks/03_pooled_efficacy.html")
    page.emulate_media(media="print")
    assert not page.locator("nav[aria-label=Main]").is_visible()
    assert not page.locator("details.code").first.is_visible()
    assert page.locator("h1").is_visible()
    (PICTURES / "print.pdf").parent.mkdir(parents=True, exist_ok=True)
    assert page.pdf(path=PICTURES / "print.pdf", format="A4").startswith(b"%PDF")
