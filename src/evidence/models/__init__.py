"""Pooling of effects that are numbers: random effects, dependent effects, rare events, small-study checks."""
