"""A group of veterinary practices in Colorado: the owners of its patients, what they do, and what its staff asks."""
