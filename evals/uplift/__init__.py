"""A randomised e-mail experiment, retold as decisions of the product and what became of them."""
