"""What features do in general: the same feature in all graphs where it stands."""
