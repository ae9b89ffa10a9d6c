"""Reason about a question: understand it, act with tools, answer, and ground the answer."""
