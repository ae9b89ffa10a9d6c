"""What is wrong with an answer: pure functions, one question each; `check.check` asks them all."""
