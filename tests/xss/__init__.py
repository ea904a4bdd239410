"""Markup that would run, put wherever people and foreign programs can write something."""
