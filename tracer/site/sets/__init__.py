"""Sets of prompts: what holds for many."""
