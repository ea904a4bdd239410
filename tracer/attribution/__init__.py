"""From a frozen pass to a pruned attribution graph."""
