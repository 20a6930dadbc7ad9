"""Two versions of the data compared: cells, effects, answers."""
