"""The agent as if it were a chat model: what chat clients send, and what they expect back."""
