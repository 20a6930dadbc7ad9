"""Pooling when trials report a number, an interval, a direction or nothing but "no difference"."""
