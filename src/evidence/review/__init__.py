"""The questions of the review: efficacy, onset, durability, groups, harms, and the effects behind them."""
