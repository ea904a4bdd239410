"""Units beside each other: doubled, at odds, idle, outvoted."""

from __future__ import annotations

from tests.truth.circuit import Circuit, Head, Unit

REDUNDANT_PAIR = Circuit(
    name="redundant pair",
    told="every step is there twice, and each writes half",
    layers=2,
    classes={"metal": "gold lead"},
    heads=[
        Head(
            1, looks={"means": "metal"}, carries={"wealth": "wealth here", "weight": "weight here"}
        )
    ],
    units=[
        Unit("gold one", 0, reads={"gold": 1}, writes={"wealth": 0.5}),
        Unit("gold two", 0, reads={"gold": 1}, writes={"wealth": 0.5}),
        Unit("lead one", 0, reads={"lead": 1}, writes={"weight": 0.5}),
        Unit("lead two", 0, reads={"lead": 1}, writes={"weight": 0.5}),
        Unit("rich one", 1, reads={"wealth here": 1}, above=0, writes={"say rich": 0.5}),
        Unit("rich two", 1, reads={"wealth here": 1}, above=0, writes={"say rich": 0.5}),
        Unit("dull one", 1, reads={"weight here": 1}, above=0, writes={"say dull": 0.5}),
        Unit("dull two", 1, reads={"weight here": 1}, above=0, writes={"say dull": 0.5}),
    ],
    table={"some gold means": "rich", "some lead means": "dull"},
    chains=[
        "gold@2 > gold one@2 > rich one@3 > answer",
        "gold@2 > gold two@2 > rich two@3 > answer",
        "gold one@2 > rich two@3",
        "gold two@2 > rich one@3",
    ],
)

DISTRACTOR = Circuit(
    name="distractor",
    told="two loud units, one feeding the other, that nothing else reads",
    layers=2,
    classes={"metal": "gold lead"},
    heads=[
        Head(
            1,
            looks={"means": "metal"},
            carries={"wealth": "wealth here", "weight": "weight here", "glitter": "glitter here"},
        )
    ],
    units=[
        Unit("golds", 0, reads={"gold": 1}, writes={"wealth": 1}),
        Unit("leads", 0, reads={"lead": 1}, writes={"weight": 1}),
        Unit("glitters", 0, reads={"gold": 1, "lead": 1}, writes={"glitter": 3}),
        Unit("riches", 1, reads={"wealth here": 1}, writes={"say rich": 1}),
        Unit("dulls", 1, reads={"weight here": 1}, writes={"say dull": 1}),
        Unit("dazzled", 1, reads={"glitter here": 1}, writes={"daze": 0.5}),
    ],
    table={"some gold means": "rich", "some lead means": "dull"},
    chains=["gold@2 > golds@2 > riches@3 > answer"],
)

CANCELLING_PAIR = Circuit(
    name="cancelling pair",
    told="two strong units undo each other, a weak one decides",
    layers=2,
    classes={"sound": "bell gong", "beat": "drum flute", "tone": "high low"},
    heads=[
        Head(1, looks={"so": "sound"}, carries={"ring": "ring here"}),
        Head(1, looks={"so": "beat"}, carries={"thud": "thud here"}),
        Head(1, looks={"so": "tone"}, carries={"up": "up here", "down": "down here"}),
    ],
    units=[
        Unit("bells", 0, reads={"bell": 1}, writes={"ring": 1}),
        Unit("drums", 0, reads={"drum": 1}, writes={"thud": 1}),
        Unit("highs", 0, reads={"high": 1}, writes={"up": 1}),
        Unit("lows", 0, reads={"low": 1}, writes={"down": 1}),
        Unit("plus", 1, reads={"ring here": 1}, writes={"say yes": 2}),
        Unit("minus", 1, reads={"thud here": 1}, writes={"say yes": -2}),
        Unit("decide yes", 1, reads={"up here": 1}, writes={"say yes": 0.6}),
        Unit("decide no", 1, reads={"down here": 1}, writes={"say no": 0.6}),
    ],
    table={
        "bell drum high so": "yes",
        "bell drum low so": "no",
        "bell flute low so": "yes",
        "gong flute high so": "yes",
        "gong drum low so": "no",
    },
    chains=[
        "bell@1 > bells@1 > plus@4 > answer",
        "drum@2 > drums@2 > minus@4 > answer",
        "high@3 > highs@3 > decide yes@4 > answer",
    ],
)

VOTE = Circuit(
    name="vote",
    told="two for, one against; all three count",
    layers=2,
    classes={"voice": "yea nay"},
    heads=[
        Head(1, looks={"passed": "voice"}, carries={"for": "for here", "against": "against here"})
    ],
    units=[
        Unit("yeas", 0, reads={"yea": 1}, writes={"for": 1}),
        Unit("nays", 0, reads={"nay": 1}, writes={"against": 1}),
        Unit("in favour", 1, reads={"for here": 3}, above=0, writes={"say yes": 0.5}),
        Unit("opposed", 1, reads={"against here": 3}, above=0, writes={"say no": 0.5}),
    ],
    table={
        "yea nay yea passed": "yes",
        "nay yea nay passed": "no",
        "yea yea yea passed": "yes",
        "nay nay yea passed": "no",
    },
    chains=[
        "yea@1 > yeas@1 > in favour@4 > answer",
        "yea@3 > yeas@3 > in favour@4 > answer",
        "nay@2 > nays@2 > opposed@4 > answer",
    ],
)

CIRCUITS = (REDUNDANT_PAIR, DISTRACTOR, CANCELLING_PAIR, VOTE)
