"""The suites, one module each; `evals.registry` lists them."""
