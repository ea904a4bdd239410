"""Pages that list others or stand alone; what hosts are told."""
