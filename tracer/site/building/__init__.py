"""What is made, again only where it must be, and put in the old site's place."""
