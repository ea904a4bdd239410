"""Graphs, write-ups and annotations to pages. No torch here."""
