"""Nodes to boxes, lines between them, and their picture."""
