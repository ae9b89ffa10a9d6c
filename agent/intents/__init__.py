"""One file an intent: what a question can want."""
