"""How answers, shares, tokens and effects are put in words."""
