"""Optional files beside a graph, packed: all flows of its account, and what features push."""
