"""Somebody else's exporters, each bad in a way of its own; see plugins.py, and for what is bad at import the others."""
