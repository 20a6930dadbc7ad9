"""New trials: registry records to proposed rows, templates, and their merge into the data."""
