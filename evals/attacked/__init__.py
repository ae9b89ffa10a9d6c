"""Workspaces made up to be attacked, and the questions that attack them: twins, injected texts, erased customers."""
