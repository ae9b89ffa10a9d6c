"""What our actions do: a reproducible draw, the log of decisions, and estimates that say what they rest on."""
