"""Look things up and compute: every number an answer may use comes from here."""
