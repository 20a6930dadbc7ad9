"""Results to sentences and tables, topic by topic."""
