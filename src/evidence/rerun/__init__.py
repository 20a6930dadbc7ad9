"""Notebooks run and compared cell by cell, and the documentation that is generated."""
