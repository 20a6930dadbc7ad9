"""
The text checker: claims found in a text and judged.

Standard library only: the reading site runs this folder unchanged in a browser.
"""

from .check import Finding, TextReport, check_text, read_text

__all__ = ["Finding", "TextReport", "check_text", "read_text"]
