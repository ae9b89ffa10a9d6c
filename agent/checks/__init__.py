"""What a sentence must hold to: one idea a file."""
