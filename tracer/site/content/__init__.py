"""What people wrote and the tracer made, read once."""
