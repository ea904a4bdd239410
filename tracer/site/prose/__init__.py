"""Markdown to HTML, with links to nodes and pages, formulas and figures."""
