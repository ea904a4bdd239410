"""Set features in the real model, see what changes, and check what authors claim."""
