"""Numbers and results to words and tables: the one place where they are rounded and worded."""
