"""What other products' clients send, as items of ours: pure functions, body in, items out."""
