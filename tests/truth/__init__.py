"""Ground truth: models whose circuits are written by hand as weights, and whether they are found.

`circuit.py` is what an author writes of a circuit; `lookups.py`, `logic.py`, `attention.py` and
`parallel.py` are the circuits; `build.py` makes a model of one, of either of `shapes.py`, in a
basis turned at random and beside `noise.py`; `transcoders.py` makes sets that fit it; `judge.py`
compares what the engine finds.
"""
