"""Backtests: what was said at a time in the past against what came after, beside simple methods on the same data."""
