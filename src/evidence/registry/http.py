"""One study record of ClinicalTrials.gov: over the network with retries, from the cache, or from a file."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from ..atomic import replace_file
from ..errors import EvidenceError
from .record import dig

ADDRESS = "https://clinicaltrials.gov/api/v2"
ENVIRONMENT = "EVIDENCE_REGISTRY_URL"
NCT = re.compile(r"NCT[0-9]{8}")
# Answers after which asking again can help: RFC 6585 and RFC 9110.
_TRY_AGAIN = (429, 500, 502, 503, 504)
_PIECE = 65_536


class RegistryError(EvidenceError):
    """No usable record: the message says why and what to do."""


@dataclass(frozen=True)
class Limits:
    """
    Patience with the registry.

    Attributes
    ----------
    connect, read : float
        Longest wait for a connection and for the next bytes, in seconds.
    total : float
        Longest time for one answer to arrive, in seconds.
    tries : int
        Requests at most, the first one included.
    backoff : float
        Wait before the second retry, in seconds; doubled each time.
    retry_after : float
        Longest wait the registry may ask for; above it the command stops and says so.
    max_bytes : int
        Largest record accepted.
    """

    connect: float = 10.0
    read: float = 20.0
    total: float = 120.0
    tries: int = 5
    backoff: float = 1.0
    retry_after: float = 60.0
    max_bytes: int = 50_000_000


def default_cache():
    """Folder for fetched records: ``$XDG_CACHE_HOME`` or ``~/.cache``, then the name of this project."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "ketamine-ptsd-evidence"


def fetch_study(nct, cache=None, max_age_hours=24.0, limits=None):
    """
    Record of one registered study, as the registry's API version 2 gives it.

    Parameters
    ----------
    nct : str
        Registry number, such as ``NCT02397889``.
    cache : str or Path, optional
        Folder that keeps fetched records; see `default_cache`.
    max_age_hours : float
        Age up to which a kept record is used; 0 to ask the registry in any case.
    limits : Limits, optional

    Returns
    -------
    dict

    Raises
    ------
    RegistryError
        If there is no network, no such study, or no JSON of this study in the answer.

    References
    ----------
    https://clinicaltrials.gov/data-api/api
    """
    base = os.environ.get(ENVIRONMENT) or ADDRESS
    if not re.match(r"https?://[^/]", base):
        raise RegistryError(f"{ENVIRONMENT}: found '{base}'; allowed: an http(s) address. Fix: unset it")
    url = f"{base.rstrip('/')}/studies/{nct}"
    kept = Path(cache or default_cache()) / f"{nct}-{hashlib.sha256(url.encode()).hexdigest()[:8]}.json"
    try:
        if time.time() - kept.stat().st_mtime < 3600 * max_age_hours:
            return parse_study(kept.read_bytes(), nct, kept)
    except (OSError, RegistryError):
        pass  # no kept record, or one that a crash spoiled: ask again
    body = _get(url, nct, limits or Limits())
    study = parse_study(body, nct, url)
    _keep(kept, body)
    return study


def _keep(path, body):
    """Put a record into the cache; a cache that cannot be written is no error."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, body)


def _get(url, nct, limits):
    """Body of a successful answer."""
    import requests
    from urllib3.exceptions import HTTPError

    try:
        with _session(limits) as session:
            answer = session.get(url, timeout=(limits.connect, limits.read), stream=True)
            with answer:
                if answer.status_code in (400, 404):
                    raise RegistryError(f"{nct}: no such study at {url}. Fix: correct the number")
                if answer.status_code != 200:
                    again = f" after {limits.tries} tries" if answer.status_code in _TRY_AGAIN else ""
                    raise RegistryError(f"{nct}: HTTP {answer.status_code} from {url}{again}. Fix: try later")
                return _body(answer.raw, nct, limits)
    except requests.exceptions.ReadTimeout:
        raise RegistryError(f"{nct}: no answer from {url} in {limits.read:g} s. Fix: try later") from None
    except (requests.exceptions.RequestException, HTTPError, OSError) as error:
        reason = type(error).__name__
        raise RegistryError(
            f"{nct}: cannot reach {url} ({reason}). Fix: connect to the internet and run the command again,"
            f" or save that address as {nct}.json elsewhere and give the file instead of the number"
        ) from None


def _session(limits):
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util.retry import Retry

    from .. import __version__

    class Patient(Retry):
        """Waits as long as the registry asks, or stops."""

        def parse_retry_after(self, retry_after):
            seconds = super().parse_retry_after(retry_after)
            if seconds > limits.retry_after:
                raise RegistryError(f"the registry asks to wait {seconds:.0f} s. Fix: try again after that")
            return seconds

    retry = Patient(
        total=limits.tries - 1,
        connect=1,
        backoff_factor=limits.backoff,
        status_forcelist=_TRY_AGAIN,
        allowed_methods=["GET"],
        raise_on_status=False,
    )
    session = requests.Session()
    session.max_redirects = 3
    session.headers["User-Agent"] = f"ketamine-ptsd-evidence/{__version__} (evidence fetch)"
    session.headers["Accept"] = "application/json"
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def _body(raw, nct, limits):
    """Bytes of an answer, piece by piece so that neither a flood nor a trickle goes on for ever."""
    from urllib3.exceptions import ProtocolError

    pieces, size, end = [], 0, time.monotonic() + limits.total
    try:
        while piece := raw.read1(_PIECE, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > limits.max_bytes:
                raise RegistryError(f"{nct}: more than {limits.max_bytes} bytes. Fix: look at the address")
            if time.monotonic() > end:
                raise RegistryError(f"{nct}: not complete after {limits.total:g} s. Fix: try later")
    except ProtocolError:
        raise RegistryError(f"{nct}: the answer was cut off after {size} bytes. Fix: try again") from None
    return b"".join(pieces)


def read_study(path):
    """
    Record of one study from a file that a browser saved.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict

    Raises
    ------
    RegistryError
        If the file cannot be read or holds no study.
    """
    path = Path(path)
    try:
        if not path.is_file() or path.stat().st_size > Limits.max_bytes:
            raise ValueError(f"no file, or over {Limits.max_bytes} bytes")
        return parse_study(path.read_bytes(), None, path)
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path}: {error}. Fix: give a saved study record") from None


def parse_study(body, nct, place):
    """
    Check that bytes are the JSON record of one study.

    Parameters
    ----------
    body : bytes
    nct : str or None
        Number the record must have; None for any.
    place : str or Path
        Where the bytes come from, for the message.

    Returns
    -------
    dict

    Raises
    ------
    RegistryError
    """
    try:
        study = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", "") or type(error).__name__
        raise RegistryError(f"{place}: not JSON ({reason}). Fix: try again; it may be cut off") from None
    found = dig(study, "protocolSection", "identificationModule", "nctId")
    if not isinstance(found, str) or not NCT.fullmatch(found) or found != (nct or found):
        expected = f"the study {nct}" if nct else "a study with an NCT number"
        raise RegistryError(f"{place}: not {expected}. Fix: check the number, or try again")
    return study
