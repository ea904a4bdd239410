"""All that a gallery holds, and what of it is left out."""
