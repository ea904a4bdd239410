"""A prompt list as resumable jobs."""
