"""What the samples of the answers must come to: by hand-written computations, and by SQL over the same events."""
