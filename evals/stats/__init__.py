"""Figures with their intervals, and what they are computed with."""
