"""A causal language model and its frozen forward pass."""
