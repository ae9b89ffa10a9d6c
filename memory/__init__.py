"""What we know about a customer: events, their words and vectors, and what folds from them."""
