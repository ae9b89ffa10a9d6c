"""Sending webhooks: whom they may reach, how they are signed, and when they are tried again."""
