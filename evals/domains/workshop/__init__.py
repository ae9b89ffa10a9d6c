"""A shared workshop in Halifax: its members, what they make and break, and what its office asks."""
