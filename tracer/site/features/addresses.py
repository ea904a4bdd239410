"""Files in which the pages of graphs and records say what the pages of features are made from."""

from __future__ import annotations

STANDINGS = "features.json"  # beside a graph's page
INDEX = "index.json"  # in the folder of a source
