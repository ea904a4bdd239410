"""Boolean formulas and counting."""

from __future__ import annotations

from tests.truth.circuit import Circuit, Head, Unit

AND = Circuit(
    name="A and B",
    told="a key and a code open; without both it stays shut",
    layers=2,
    classes={"thing": "key stick", "word": "code guess"},
    heads=[
        Head(1, looks={"it": "thing"}, carries={"has key": "key here"}),
        Head(1, looks={"it": "word"}, carries={"has code": "code here"}),
    ],
    units=[
        Unit("keys", 0, reads={"key": 1}, writes={"has key": 1}),
        Unit("codes", 0, reads={"code": 1}, writes={"has code": 1}),
        Unit("stays shut", 0, reads={"it": 1}, writes={"say shut": 0.5}),
        Unit(
            "both",
            1,
            reads={"key here": 1, "code here": 1},
            above=1.5,
            full=2,
            writes={"say open": 1},
        ),
    ],
    table={
        "with key and code it": "open",
        "with key and guess it": "shut",
        "with stick and code it": "shut",
        "with stick and guess it": "shut",
    },
    chains=[
        "key@2 > keys@2 > both@5 > answer",
        "code@4 > codes@4 > both@5 > answer",
        "it@5 > stays shut@5 > answer",
    ],
)

GRADED_INHIBITION = Circuit(
    name="A, held back by B",
    told="sun is warm, a cloud takes half of that away, a blizzard all",
    layers=2,
    classes={"sky": "sun moon", "air": "cloud blizzard breeze"},
    heads=[
        Head(1, looks={"feels": "sky"}, carries={"sunny": "sun here"}),
        Head(1, looks={"feels": "air"}, carries={"cloudy": "cloud here", "stormy": "storm here"}),
    ],
    units=[
        Unit("suns", 0, reads={"sun": 1}, writes={"sunny": 1}),
        Unit("clouds", 0, reads={"cloud": 1}, writes={"cloudy": 1}),
        Unit("blizzards", 0, reads={"blizzard": 1}, writes={"stormy": 1}),
        Unit("no sun", 0, reads={"feels": 1}, writes={"say cold": 0.5}),
        Unit(
            "warms",
            1,
            reads={"sun here": 2, "cloud here": -1, "storm here": -3},
            above=0,
            writes={"say warm": 1},
        ),
    ],
    table={
        "sun and cloud feels": "warm",
        "sun and breeze feels": "warm",
        "sun and blizzard feels": "cold",
        "moon and cloud feels": "cold",
    },
    chains=[
        "sun@1 > suns@1 > warms@4 > answer",
        "cloud@3 > clouds@3 > warms@4 > answer",
        "feels@4 > no sun@4 > answer",
    ],
)

VETO = Circuit(
    name="A and not B, vetoed",
    told="a blizzard silences what the sun would have made warm",
    layers=2,
    classes={"sky": "sun moon", "air": "blizzard breeze"},
    heads=[
        Head(1, looks={"feels": "sky"}, carries={"sunny": "sun here"}),
        Head(1, looks={"feels": "air"}, carries={"stormy": "storm here"}),
    ],
    units=[
        Unit("suns", 0, reads={"sun": 1}, writes={"sunny": 1}),
        Unit("blizzards", 0, reads={"blizzard": 1}, writes={"stormy": 1}),
        Unit("no sun", 0, reads={"feels": 1}, writes={"say cold": 0.5}),
        Unit("warms", 1, reads={"sun here": 1, "storm here": -1}, writes={"say warm": 1}),
    ],
    table={
        "sun and blizzard feels": "cold",
        "sun and breeze feels": "warm",
        "moon and breeze feels": "cold",
        "moon and blizzard feels": "cold",
    },
    chains=["blizzard@3 > blizzards@3", "feels@4 > no sun@4 > answer"],
    foretold="what a unit silences hands nothing on, so who silenced it has no effect in a frozen "
    "pass",
)

SATURATED_OR = Circuit(
    name="A or B, both there",
    told="tea or coffee keeps awake; with both, neither alone is needed",
    layers=2,
    classes={"drink": "tea coffee milk water"},
    heads=[
        Head(1, looks={"stays": "drink"}, carries={"tannin": "tea here", "roast": "coffee here"})
    ],
    units=[
        Unit("teas", 0, reads={"tea": 1}, writes={"tannin": 1}),
        Unit("coffees", 0, reads={"coffee": 1}, writes={"roast": 1}),
        Unit("sleepy", 0, reads={"stays": 1}, writes={"say asleep": 0.5}),
        Unit(
            "some",
            1,
            reads={"tea here": 2, "coffee here": 2},
            above=0.2,
            writes={"say awake": 1},
        ),
        Unit(
            "more",
            1,
            reads={"tea here": 2, "coffee here": 2},
            above=1,
            full=1.8,
            writes={"say awake": -1},
        ),
    ],
    table={
        "tea and coffee stays": "awake",
        "tea and milk stays": "awake",
        "water and coffee stays": "awake",
        "water and milk stays": "asleep",
    },
    chains=[
        "tea@1 > teas@1 > some@4 > answer",
        "teas@1 > more@4 > answer",
        "coffee@3 > coffees@3 > some@4 > answer",
        "coffees@3 > more@4 > answer",
        "stays@4 > sleepy@4 > answer",
    ],
    together=["teas@1 coffees@3"],
    foretold="either alone changes nothing, so by |effect| neither counts; their links do",
    learnt="Of their links, what runs on from them counts, and what runs into them does not; "
    "influence, which adds up absolute values, finds all of it",
)

EXCLUSIVE_OR = Circuit(
    name="A xor B",
    told="two layers: which pair it is, then whether the pair is mixed",
    layers=3,
    classes={"first": "black white", "second": "cat dog"},
    heads=[
        Head(1, looks={"looks": "first"}, carries={"dark": "dark here", "pale": "pale here"}),
        Head(1, looks={"looks": "second"}, carries={"feline": "cat here", "canine": "dog here"}),
    ],
    units=[
        Unit("blacks", 0, reads={"black": 1}, writes={"dark": 1}),
        Unit("whites", 0, reads={"white": 1}, writes={"pale": 1}),
        Unit("cats", 0, reads={"cat": 1}, writes={"feline": 1}),
        Unit("dogs", 0, reads={"dog": 1}, writes={"canine": 1}),
        *(
            Unit(
                f"{colour} {animal}",
                1,
                reads={f"{colour} here": 1, f"{animal} here": 1},
                above=1.5,
                full=2,
                writes={f"a {colour} {animal}": 1},
            )
            for colour in ("dark", "pale")
            for animal in ("cat", "dog")
        ),
        Unit("mixed", 2, reads={"a pale cat": 1, "a dark dog": 1}, writes={"say odd": 1}),
        Unit("matching", 2, reads={"a dark cat": 1, "a pale dog": 1}, writes={"say even": 1}),
    ],
    table={
        "white cat looks": "odd",
        "black cat looks": "even",
        "white dog looks": "even",
        "black dog looks": "odd",
    },
    chains=[
        "white@1 > whites@1 > pale cat@3 > mixed@3 > answer",
        "cat@2 > cats@2 > pale cat@3",
    ],
)

COUNTING = Circuit(
    name="counting",
    told="how many stars: a head’s mean over all words, read by thresholds",
    layers=2,
    classes={},
    heads=[Head(1, carries={"one star": "share of stars"}, rest=0)],
    units=[
        Unit("stars", 0, reads={"star": 1}, writes={"one star": 1}),
        Unit("one up", 1, reads={"share of stars": 5}, above=0, writes={"say one": 1}),
        Unit(
            "two up",
            1,
            reads={"share of stars": 5},
            above=1,
            full=2,
            writes={"say one": -1.4, "say two": 1},
        ),
        Unit(
            "three up",
            1,
            reads={"share of stars": 5},
            above=2.4,
            full=3,
            writes={"say two": -2, "say three": 1.4},
        ),
    ],
    table={
        "star dot star count": "two",
        "dot star dot count": "one",
        "star star star count": "three",
        "dot star star count": "two",
    },
    chains=[
        "star@1 > stars@1 > one up@4 > answer",
        "star@3 > stars@3 > one up@4 > answer",
        "stars@1 > two up@4 > answer",
        "stars@3 > two up@4 > answer",
    ],
)

CIRCUITS = (AND, GRADED_INHIBITION, VETO, SATURATED_OR, EXCLUSIVE_OR, COUNTING)
