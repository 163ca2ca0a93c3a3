"""Reads from one of several databases, writes to all of them."""
