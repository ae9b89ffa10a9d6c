"""Profiles of the property tests: `pytest --hypothesis-profile=thorough` looks longer than every run can."""

from hypothesis import settings

settings.register_profile("thorough", max_examples=300, deadline=None)
