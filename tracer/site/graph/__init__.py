"""One graph's page and what its viewer loads."""
