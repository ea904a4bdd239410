"""Circuits in which heads do more than fetch."""

from __future__ import annotations

from tests.truth.circuit import Circuit, Head, Unit

NAMES = ("Ann", "Bob", "Cem")

INDIRECT_OBJECT = Circuit(
    name="indirect object",
    told="of two names, the one that is not repeated",
    layers=3,
    classes={"name": "Ann Bob Cem"},
    heads=[
        Head(0, previous=True, carries={name: f"after {name}" for name in NAMES}),
        Head(
            1,
            looks={name: f"after {name}" for name in NAMES},
            carries={f"after {name}": f"{name} again" for name in NAMES},
        ),
        Head(
            2,
            looks={"to": "repeated"},
            carries={f"twice {name}": f"not {name}" for name in NAMES},
        ),
        Head(2, looks={"to": "name"}, carries={name: f"{name} here" for name in NAMES}),
    ],
    units=[
        *(
            Unit(
                f"again {name}",
                1,
                reads={f"{name} again": 1},
                writes={f"twice {name}": 1, "repeated": 1},
            )
            for name in NAMES
        ),
        *(
            Unit(
                f"move {name}",
                2,
                reads={f"{name} here": 3},
                above=0.4,
                writes={f"say {name}": 0.8},
            )
            for name in NAMES
        ),
        *(
            Unit(f"deny {name}", 2, reads={f"not {name}": 1}, writes={f"say {name}": -1.6})
            for name in NAMES
        ),
    ],
    table={
        "Ann Bob then Ann to": "Bob",
        "Bob Ann then Ann to": "Bob",
        "Ann Bob then Bob to": "Ann",
        "Cem Bob then Bob to": "Cem",
        "Ann Cem then Ann to": "Cem",
    },
    chains=[
        "Ann@1 > again Ann@4 > deny Ann@5 > answer",
        "Bob@2 > move Bob@5 > answer",
        "Ann@1 > move Ann@5 > answer",
        "Ann@4 > move Ann@5",
    ],
)

COLOURED = ("fox", "owl", "bee")

INDUCTION = Circuit(
    name="induction",
    told="what came behind this word before comes again",
    layers=2,
    classes={"colour": "red blue grey"},
    heads=[
        Head(0, previous=True, carries={one: f"after {one}" for one in ("red", "blue", "grey")}),
        Head(
            1,
            looks={one: f"after {one}" for one in ("red", "blue", "grey")},
            carries={f"a {one}": f"{one} next" for one in COLOURED},
        ),
    ],
    units=[
        *(Unit(f"is {one}", 0, reads={one: 1}, writes={f"a {one}": 1}) for one in COLOURED),
        *(
            Unit(f"next {one}", 1, reads={f"{one} next": 1}, writes={f"say {one}": 1})
            for one in COLOURED
        ),
    ],
    table={
        "red fox blue owl red": "fox",
        "red fox blue owl blue": "owl",
        "grey bee red owl grey": "bee",
        "blue bee grey fox blue": "bee",
    },
    chains=["fox@2 > is fox@2 > next fox@5 > answer"],
)

COPY_SUPPRESSION = Circuit(
    name="copy suppression",
    told="a likely word that was there already is taken back",
    layers=3,
    classes={"animal": "cat cow"},
    heads=[
        Head(1, looks={"meets": "animal"}, carries={"feline": "cat here", "bovine": "cow here"}),
        Head(
            2,
            looks={"say cat": "cat", "say cow": "cow"},
            carries={"cat": "cat before", "cow": "cow before"},
        ),
    ],
    units=[
        Unit("cats", 0, reads={"cat": 1}, writes={"feline": 1}),
        Unit("cows", 0, reads={"cow": 1}, writes={"bovine": 1}),
        Unit("guess cat", 1, reads={"cat here": 1}, writes={"say cat": 1}),
        Unit("guess dog", 1, reads={"cat here": 1}, writes={"say dog": 0.7}),
        Unit("guess cow", 1, reads={"cow here": 1}, writes={"say cow": 1}),
        Unit("guess ox", 1, reads={"cow here": 1}, writes={"say ox": 0.7}),
        Unit(
            "no cat",
            2,
            reads={"cat before": 1, "say cat": 1},
            above=1.5,
            full=2,
            writes={"say cat": -0.6},
        ),
        Unit(
            "no cow",
            2,
            reads={"cow before": 1, "say cow": 1},
            above=1.5,
            full=2,
            writes={"say cow": -0.6},
        ),
    ],
    table={"a cat meets": "dog", "a cow meets": "ox"},
    chains=[
        "cat@2 > cats@2 > guess dog@3 > answer",
        "cats@2 > guess cat@3 > answer",
        "guess cat@3 > no cat@3 > answer",
        "cat@2 > no cat@3",
    ],
)

POINTER = Circuit(
    name="pointer",
    told="a unit decides at which word a head looks",
    layers=3,
    classes={"fruit": "apple pear", "root": "carrot beet", "cue": "sweet earthy"},
    heads=[
        Head(
            1,
            looks={"so": "cue"},
            carries={"wants fruit": "fruit asked", "wants root": "root asked"},
        ),
        Head(
            2,
            looks={"seek fruit": "fruit", "seek root": "root"},
            carries={one: f"{one} found" for one in ("apple", "pear", "carrot", "beet")},
        ),
    ],
    units=[
        Unit("sweets", 0, reads={"sweet": 1}, writes={"wants fruit": 1}),
        Unit("earths", 0, reads={"earthy": 1}, writes={"wants root": 1}),
        Unit("to fruit", 1, reads={"fruit asked": 1}, writes={"seek fruit": 1}),
        Unit("to root", 1, reads={"root asked": 1}, writes={"seek root": 1}),
        *(
            Unit(f"take {one}", 2, reads={f"{one} found": 1}, writes={f"say {one}": 1})
            for one in ("apple", "pear", "carrot", "beet")
        ),
    ],
    table={
        "apple carrot sweet so": "apple",
        "apple carrot earthy so": "carrot",
        "beet pear sweet so": "pear",
        "beet pear earthy so": "beet",
    },
    chains=[
        "apple@1 > take apple@4 > answer",
        "sweet@3 > sweets@3 > to fruit@4",
    ],
    foretold="attention is held fixed, so what decides where it looks has no effect",
)

CIRCUITS = (INDIRECT_OBJECT, INDUCTION, COPY_SUPPRESSION, POINTER)
