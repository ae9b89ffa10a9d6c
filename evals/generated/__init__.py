"""Samples made from templates, with their truth by SQL: one file a category."""
