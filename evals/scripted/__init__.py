"""Chat models that are scripts: one that does what a good model does, and one that lies."""
