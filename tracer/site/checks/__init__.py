"""What `tracer check` finds."""
