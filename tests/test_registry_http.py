"""The registry's reader against a server on this machine that misbehaves in every way a server can."""

import gzip
import json
import os
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from registry_records import FOLDER, NCT, record

from evidence.registry.http import ENVIRONMENT, Limits, RegistryError, fetch_study, parse_study, read_study

GZIP = {"Content_Encoding": "gzip"}
BODY = json.dumps(record("sd")).encode()
QUICK = Limits(connect=1, read=0.3, total=1, tries=3, backoff=0.01, retry_after=2, max_bytes=1_000_000)


class Server(ThreadingHTTPServer):
    """Answers by the function `answer(handler)`; keeps the requests it saw."""

    daemon_threads = True

    def __init__(self):
        self.seen, self.answer = [], good
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request, client_address):
        """Say nothing: the client hangs up on purpose."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append((self.path, dict(self.headers)))
        self.server.answer(self)

    def log_message(self, *args):
        """Say nothing."""

    def reply(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def good(handler):
    handler.reply(200, BODY)


@pytest.fixture
def server(monkeypatch):
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv(ENVIRONMENT, f"http://127.0.0.1:{server.server_port}/api/v2")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(tmp_path, limits=QUICK, hours=24.0):
    return fetch_study(NCT, tmp_path / "cache", hours, limits)


def test_a_good_record_is_asked_for_politely_and_once(server, tmp_path):
    assert fetch(tmp_path) == fetch(tmp_path) == record("sd")
    ((path, headers),) = server.seen
    assert path == f"/api/v2/studies/{NCT}"
    assert headers["User-Agent"].startswith("ketamine-ptsd-evidence/")
    assert headers["Accept"] == "application/json"


def test_an_old_or_spoiled_copy_is_asked_for_again(server, tmp_path):
    fetch(tmp_path)
    (kept,) = (tmp_path / "cache").iterdir()
    os.utime(kept, (time.time() - 25 * 3600,) * 2)
    fetch(tmp_path)
    kept.write_bytes(BODY[:100])
    fetch(tmp_path)
    fetch(tmp_path, hours=0)
    assert len(server.seen) == 4
    assert kept.read_bytes() == BODY


def test_a_cache_that_cannot_be_written_is_no_error(server, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be", "utf-8")
    assert fetch(tmp_path) == record("sd")


def test_two_addresses_do_not_share_copies(server, tmp_path, monkeypatch):
    fetch(tmp_path)
    monkeypatch.setenv(ENVIRONMENT, os.environ[ENVIRONMENT].replace("/api/v2", "/other/"))
    fetch(tmp_path)
    assert [path for path, _ in server.seen] == [f"/api/v2/studies/{NCT}", f"/other/studies/{NCT}"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_registry_is_asked_again(server, tmp_path, status):
    server.answer = lambda handler: good(handler) if len(server.seen) == 3 else handler.reply(status)
    assert fetch(tmp_path) == record("sd")
    assert len(server.seen) == 3


def test_a_busy_registry_is_not_asked_for_ever(server, tmp_path):
    server.answer = lambda handler: handler.reply(503)
    with pytest.raises(RegistryError, match=r"HTTP 503 .* after 3 tries"):
        fetch(tmp_path)
    assert len(server.seen) == 3


def test_retry_after_is_honoured(server, tmp_path):
    server.answer = lambda handler: (
        good(handler) if len(server.seen) == 2 else handler.reply(429, Retry_After="1")
    )
    start = time.monotonic()
    fetch(tmp_path)
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize("wait", ["86400", "Fri, 31 Dec 2099 23:59:59 GMT"])
def test_a_long_retry_after_is_reported_at_once(server, tmp_path, wait):
    server.answer = lambda handler: handler.reply(429, Retry_After=wait)
    with pytest.raises(RegistryError, match=r"asks to wait \d+ s"):
        fetch(tmp_path)
    assert len(server.seen) == 1


def test_nonsense_in_retry_after_is_an_error_not_a_traceback(server, tmp_path):
    server.answer = lambda handler: handler.reply(429, Retry_After="soon")
    with pytest.raises(RegistryError, match="InvalidHeader"):
        fetch(tmp_path)


@pytest.mark.parametrize("status", [400, 404])
def test_no_such_study(server, tmp_path, status):
    server.answer = lambda handler: handler.reply(status, b"nothing here")
    with pytest.raises(RegistryError, match=f"{NCT}: no such study at http"):
        fetch(tmp_path)
    assert len(server.seen) == 1


def test_forbidden_is_not_tried_again(server, tmp_path):
    server.answer = lambda handler: handler.reply(403)
    with pytest.raises(RegistryError, match="HTTP 403"):
        fetch(tmp_path)
    assert len(server.seen) == 1


def trickle(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def chunked(*pieces, end=True):
    def answer(handler):
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for piece in pieces:
            handler.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n" if end else b"")
        handler.close_connection = True

    return answer


def test_a_chunked_and_compressed_record_is_read(server, tmp_path):
    server.answer = chunked(BODY[:50], BODY[50:])
    assert fetch(tmp_path / "a") == record("sd")
    server.answer = lambda handler: handler.reply(200, gzip.compress(BODY), Content_Encoding="gzip")
    assert fetch(tmp_path / "b") == record("sd")


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda h: h.reply(200, BODY[:200], length=len(BODY)), "cut off after 200 bytes"),
        (chunked(BODY[:200], end=False), "cut off"),
        (lambda h: h.reply(200, BODY[:200]), "not JSON"),
        (lambda h: h.reply(200, b""), "not JSON"),
        (lambda h: h.reply(200, b"<html>busy</html>"), "not JSON"),
        (lambda h: h.reply(200, b"[" * 100_000), "not JSON"),
        (lambda h: h.reply(200, b"\xff\xfe\x00"), "not JSON"),
        (lambda h: h.reply(200, b"[1, 2]"), f"not the study {NCT}"),
        (lambda h: h.reply(200, BODY.replace(NCT.encode(), b"NCT99999998")), f"not the study {NCT}"),
        (lambda h: h.reply(200, b" " * 2_000_000), "more than 1000000 bytes"),
        (lambda h: h.reply(200, gzip.compress(b" " * 9_000_000), **GZIP), "more than 1000000 bytes"),
        (lambda h: h.reply(200, b"no gzip", **GZIP), "cannot reach .* \\(DecodeError\\)"),
        (trickle, "not complete after 1 s"),
        (lambda h: time.sleep(0.6), "no answer from|cannot reach"),
        (lambda h: h.reply(302, Location=f"/api/v2/studies/{NCT}"), "cannot reach .* \\(TooManyRedirects\\)"),
        (lambda h: h.wfile.write(b"\0" * 500), "cannot reach"),
        (lambda h: None, "cannot reach"),
    ],
)  # fmt: skip
def test_a_spoiled_answer_is_one_line_and_is_not_kept(server, tmp_path, answer, message):
    server.answer = answer
    with pytest.raises(RegistryError, match=message) as caught:
        fetch(tmp_path)
    assert "\n" not in str(caught.value)
    assert "Fix: " in str(caught.value)
    assert list(tmp_path.rglob("*.json")) == []


def test_offline_says_what_to_do(tmp_path, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv(ENVIRONMENT, f"http://127.0.0.1:{port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(RegistryError, match=r"cannot reach .*connect to the internet.*or save that address"):
        fetch(tmp_path)


@pytest.mark.parametrize("address", ["ftp://example.org", "nonsense", "file:///etc"])
def test_only_web_addresses(tmp_path, monkeypatch, address):
    monkeypatch.setenv(ENVIRONMENT, address)
    with pytest.raises(RegistryError, match=f"{ENVIRONMENT}: found '{address}'"):
        fetch(tmp_path)


def test_a_saved_record_is_read(tmp_path):
    assert read_study(FOLDER / "sd.json") == record("sd")
    with pytest.raises(RegistryError, match="no file"):
        read_study(tmp_path / "none.json")
    with pytest.raises(RegistryError, match="no file"):
        read_study(tmp_path)
    with pytest.raises(RegistryError, match=r"Fix: give a saved"):
        read_study("a\0b.json")


@pytest.mark.parametrize("nct", ["NCT1", "NCT999999999", "NCT9999999x", 3, None, "NCT٩٩٩٩٩٩٩٩"])
def test_a_record_without_a_number_is_no_study(nct):
    study = {"protocolSection": {"identificationModule": {"nctId": nct}}}
    with pytest.raises(RegistryError, match="not a study with an NCT number"):
        parse_study(json.dumps(study).encode(), None, "here")
