"""Figures drawn from what they are handed; no number is made here."""
