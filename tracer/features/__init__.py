"""What stands in for each MLP: so far its neurons."""
