"""What every notebook shares: figure and table settings, `show` and `versions`.

Importing this module inside a notebook applies the settings; elsewhere it changes nothing. They make the
stored outputs the same bytes on every run: PNG without metadata, one font, fixed precision.
"""

from __future__ import annotations

import hashlib
import os
from importlib.metadata import version
from pathlib import Path

FIGURE_STYLE = {
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "font.family": "DejaVu Sans",
    "svg.hashsalt": "evidence",
    "svg.fonttype": "none",
}
TABLE_STYLE = {
    "display.precision": 4,
    "display.width": 100,
    "display.max_columns": 20,
    "display.max_colwidth": 60,
}
# Decimals that two correct builds of the numerical libraries agree on.
DIGEST_DECIMALS = 6
PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib")


def apply(shell) -> None:
    """
    Make the figures and tables of a notebook reproducible.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
        The running notebook kernel's shell.
    """
    import matplotlib as mpl
    import pandas as pd
    from matplotlib_inline.config import InlineBackend

    shell.run_line_magic("matplotlib", "inline")
    backend = InlineBackend.instance(parent=shell)
    backend.figure_formats = {"png"}
    backend.print_figure_kwargs = {"bbox_inches": None, "metadata": {"Software": None}}
    mpl.rcParams.update(FIGURE_STYLE)
    for option, value in TABLE_STYLE.items():
        pd.set_option(option, value)


def figure_digest(fig) -> str:
    """
    Short fingerprint of the data a figure shows, not of its pixels.

    It covers lines, error bars, markers, patches, images and every text, so a changed number shows in a
    text comparison even where images are not compared.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        Any figure.

    Returns
    -------
    str
        Twelve hexadecimal digits.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> one, two = Figure(), Figure()
    >>> _ = one.subplots().plot([0, 1], [0.0, 0.31]), two.subplots().plot([0, 1], [0.0, 0.32])
    >>> figure_digest(one) == figure_digest(two)
    False
    """
    from matplotlib.text import Text

    data = [item.get_text() for item in fig.findobj(Text)]
    for ax in fig.axes:
        arrays = [line.get_xydata() for line in ax.lines]
        arrays += [path.vertices for c in ax.collections for path in c.get_paths()]
        arrays += [c.get_offsets() for c in ax.collections]
        arrays += [p.get_patch_transform().transform(p.get_path().vertices) for p in ax.patches]
        arrays += [image.get_array() for image in ax.images]
        data += [_rounded(values) for values in arrays]
    return hashlib.sha256(repr(data).encode()).hexdigest()[:12]


def _rounded(values):
    """Nested list of plain floats; adding 0.0 turns -0.0 into 0.0."""
    import numpy as np

    return (
        np.round(np.ma.filled(np.ma.asarray(values, dtype=float), np.nan), DIGEST_DECIMALS) + 0.0
    ).tolist()


def show(fig, alt="") -> None:
    """
    Display a figure once, with alternative text, and print the fingerprint of its data.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure; it is closed, so the cell's end does not draw it again.
    alt : str, optional
        What a reader who cannot see it needs to know; the figure's label if left out.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display

    fig.canvas.draw()
    alt = alt or fig.get_label()
    display(fig, metadata={"image/png": {"alt": alt}} if alt else None)
    plt.close(fig)
    digest = figure_digest(fig)
    _keep(fig, digest)
    print("figure data", digest)


def _keep(fig, digest) -> None:
    """Write the figure as vector graphic and its data as CSV for the web pages, when a folder is named."""
    folder = os.environ.get("EVIDENCE_FIGURES")
    if folder and hasattr(fig, "data"):
        from ..plots.drawing import save, save_data

        save(fig, Path(folder) / f"{digest}.svg")
        save_data(fig, Path(folder) / f"{digest}.csv")


def versions(data_version="") -> None:
    """
    Print the pinned packages behind a notebook's numbers; never interpreter, system or date.

    Parameters
    ----------
    data_version : str, optional
        Version of the data, as in its datapackage.json.

    Examples
    --------
    >>> versions("0.1.0")  # doctest: +ELLIPSIS
    evidence 0.1.0, data 0.1.0, numpy ..., scipy ..., pandas ..., statsmodels ..., matplotlib ...
    """
    from .. import __version__

    parts = [f"evidence {__version__}", *([f"data {data_version}"] if data_version else [])]
    print(", ".join([*parts, *(f"{name} {version(name)}" for name in PACKAGES)]))


def _running_shell():
    """Shell of the notebook kernel, or None in a script or test."""
    import sys

    # IPython is only there to be asked when something else has already started it.
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


if _running_shell() is not None:
    apply(_running_shell())
