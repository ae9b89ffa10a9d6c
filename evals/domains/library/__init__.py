"""A city's library network in New Zealand: its members, what they borrow and attend, and what its staff asks."""
