"""What stands in for each MLP: its neurons, or transcoders of one layer or across layers."""
