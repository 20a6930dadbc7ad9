"""Extraction checks: what catches a wrong cell, and the corruption trial that measures it."""

from .run import run_checks

__all__ = ["run_checks"]
