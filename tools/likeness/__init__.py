"""How alike customers are, by what they did and by what they are."""
