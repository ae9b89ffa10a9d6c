"""Profiles of the property tests: `pytest --hypothesis-profile=thorough` looks longer than every run can."""

import os

from hypothesis import settings

# A worker of pytest-xdist has one of its own, which a console would take for its width once and for all.
os.environ.pop("COLUMNS", None)

settings.register_profile("thorough", max_examples=300, deadline=None)
