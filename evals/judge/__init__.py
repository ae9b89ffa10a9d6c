"""A model as judge: optional, pinned, and calibrated on labelled answers before it may decide anything."""
