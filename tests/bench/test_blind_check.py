"""The names that were judged are those that the seed draws, with the texts that are published."""

from __future__ import annotations

import hashlib

from bench.blind_check import COUNT, SEED, drawn, judged, records, shown, suggested

FEWEST_KEPT = 24


def test_the_sample_is_the_seeds_and_most_are_kept() -> None:
    found = records()
    names, read = suggested(found), judged()
    assert [one["feature"] for one in read] == drawn(names) and len(read) == COUNT
    for one in read:
        record = found[one["feature"]]
        assert one["name"] == names[one["feature"]].name
        assert one["texts"] == shown(record)
        assert one["why"]
    assert sum(one["kept"] for one in read) >= FEWEST_KEPT
    relied_on = [one for one in read if names[one["feature"]].confident]
    assert sum(one["kept"] for one in relied_on) >= 0.8 * len(relied_on)


def test_no_one_chooses_who_is_drawn() -> None:
    names = [f"a {number}" for number in range(200)]
    by_digest = sorted(names, key=lambda one: hashlib.sha256(f"{SEED} {one}".encode()).hexdigest())
    assert drawn(dict.fromkeys(names)) == by_digest[:COUNT]
    assert drawn(dict.fromkeys(names), seed="another") != by_digest[:COUNT]
