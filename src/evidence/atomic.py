"""One file replaced at once: a reader, or a crash, finds the old version or the new one, never a part."""

from __future__ import annotations

import os
from pathlib import Path


def replace_file(path, content: str | bytes) -> Path:
    """
    Write a file beside its target, then move it into place.

    Parameters
    ----------
    path : str or Path
        Its folder exists.
    content : str or bytes
        Text is written as UTF-8, line ends as they are.

    Returns
    -------
    Path

    Raises
    ------
    OSError
        If the folder cannot be written to; the old file is then still whole.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     replace_file(Path(folder, "a.txt"), "new").read_text()
    'new'
    """
    path = Path(path)
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        draft.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path
