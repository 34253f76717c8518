"""Parsed rows for people and for other engines."""
