"""Dictionaries on disk: one module per published layout, one way of reading them all."""
