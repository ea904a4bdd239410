"""Facts that are looked up, one behind another."""

from __future__ import annotations

from tests.truth.circuit import Circuit, Head, Unit

TWO_HOPS = Circuit(
    name="two-hop lookup",
    told="a city’s country, then that country’s language",
    layers=2,
    classes={"city": "Rome Paris Madrid"},
    heads=[
        Head(
            1,
            looks={"speaks": "city"},
            carries={
                "in Italy": "Italy here",
                "in France": "France here",
                "in Spain": "Spain here",
            },
        )
    ],
    units=[
        Unit("italy", 0, reads={"Rome": 1}, writes={"in Italy": 1}),
        Unit("france", 0, reads={"Paris": 1}, writes={"in France": 1}),
        Unit("spain", 0, reads={"Madrid": 1}, writes={"in Spain": 1}),
        Unit("italian", 1, reads={"Italy here": 1}, writes={"say Italian": 1}),
        Unit("french", 1, reads={"France here": 1}, writes={"say French": 1}),
        Unit("spanish", 1, reads={"Spain here": 1}, writes={"say Spanish": 1}),
    ],
    table={
        "in Rome one speaks": "Italian",
        "in Paris one speaks": "French",
        "in Madrid one speaks": "Spanish",
    },
    chains=["Rome@2 > italy@2 > italian@4 > answer"],
)

CHAIN_OF_THREE = Circuit(
    name="chain of three",
    told="seed, sprout, tree: three steps at two positions",
    layers=3,
    classes={"start": "acorn egg"},
    heads=[Head(2, looks={"becomes": "start"}, carries={"grown": "tree", "hatched": "bird"})],
    units=[
        Unit("sprout", 0, reads={"acorn": 1}, writes={"sprouted": 1}),
        Unit("crack", 0, reads={"egg": 1}, writes={"cracked": 1}),
        Unit("grow", 1, reads={"sprouted": 1}, writes={"grown": 1}),
        Unit("hatch", 1, reads={"cracked": 1}, writes={"hatched": 1}),
        Unit("wood", 2, reads={"tree": 1}, writes={"say oak": 1}),
        Unit("wings", 2, reads={"bird": 1}, writes={"say hen": 1}),
    ],
    table={"an acorn later becomes": "oak", "an egg later becomes": "hen"},
    chains=["acorn@2 > sprout@2 > grow@2 > wood@4 > answer"],
)

FAN_IN = Circuit(
    name="fan-in",
    told="three clues at three words, all of them needed",
    layers=2,
    classes={"clue": "red green round long sweet sour"},
    heads=[
        Head(
            1,
            looks={"is": "clue"},
            carries={
                "redness": "red here",
                "greenness": "green here",
                "roundness": "round here",
                "length": "long here",
                "sweetness": "sweet here",
                "sourness": "sour here",
            },
        )
    ],
    units=[
        Unit("reds", 0, reads={"red": 1}, writes={"redness": 1}),
        Unit("greens", 0, reads={"green": 1}, writes={"greenness": 1}),
        Unit("rounds", 0, reads={"round": 1}, writes={"roundness": 1}),
        Unit("longs", 0, reads={"long": 1}, writes={"length": 1}),
        Unit("sweets", 0, reads={"sweet": 1}, writes={"sweetness": 1}),
        Unit("sours", 0, reads={"sour": 1}, writes={"sourness": 1}),
        Unit(
            "cherries",
            1,
            reads={"red here": 3, "round here": 3, "sweet here": 3},
            above=2.4,
            full=3,
            writes={"say cherry": 1},
        ),
        Unit(
            "peppers",
            1,
            reads={"red here": 3, "long here": 3, "sweet here": 3},
            above=2.4,
            full=3,
            writes={"say pepper": 1},
        ),
        Unit(
            "limes",
            1,
            reads={"green here": 3, "round here": 3, "sour here": 3},
            above=2.4,
            full=3,
            writes={"say lime": 1},
        ),
    ],
    table={
        "red round sweet is": "cherry",
        "red long sweet is": "pepper",
        "green round sour is": "lime",
        "round red sweet is": "cherry",
    },
    chains=[
        "red@1 > reds@1 > cherries@4 > answer",
        "round@2 > rounds@2 > cherries@4 > answer",
        "sweet@3 > sweets@3 > cherries@4 > answer",
    ],
)

FAN_OUT = Circuit(
    name="fan-out",
    told="one clue feeds three units, each with a third of the answer",
    layers=2,
    classes={"weather": "storm calm"},
    heads=[
        Head(1, looks={"seek": "weather"}, carries={"stormy": "storm here", "fair": "fair here"})
    ],
    units=[
        Unit("storms", 0, reads={"storm": 1}, writes={"stormy": 1}),
        Unit("calms", 0, reads={"calm": 1}, writes={"fair": 1}),
        Unit("wet", 1, reads={"storm here": 1}, writes={"say harbour": 0.35}),
        Unit("dark", 1, reads={"storm here": 1}, writes={"say harbour": 0.35}),
        Unit("loud", 1, reads={"storm here": 1}, writes={"say harbour": 0.35}),
        Unit("bright", 1, reads={"fair here": 1}, writes={"say sea": 0.5}),
        Unit("still", 1, reads={"fair here": 1}, writes={"say sea": 0.5}),
    ],
    table={"in storm ships seek": "harbour", "in calm ships seek": "sea"},
    chains=[
        "storm@2 > storms@2 > wet@4 > answer",
        "storms@2 > dark@4 > answer",
        "storms@2 > loud@4 > answer",
    ],
)

GATED_LOOKUP = Circuit(
    name="gated lookup",
    told="a relation and a country, multiplied (read by an AND where MLPs have no gates)",
    layers=2,
    classes={"relation": "capital river", "country": "France Italy"},
    heads=[
        Head(
            1,
            looks={"is": "relation"},
            carries={"asks capital": "capital here", "asks river": "river here"},
        ),
        Head(
            1,
            looks={"is": "country"},
            carries={"French land": "France here", "Italian land": "Italy here"},
        ),
    ],
    units=[
        Unit("capitals", 0, reads={"capital": 1}, writes={"asks capital": 1}),
        Unit("rivers", 0, reads={"river": 1}, writes={"asks river": 1}),
        Unit("france", 0, reads={"France": 1}, writes={"French land": 1}),
        Unit("italy", 0, reads={"Italy": 1}, writes={"Italian land": 1}),
        Unit(
            "paris",
            1,
            reads={"France here": 1},
            gate="capital here",
            writes={"say Paris": 1},
        ),
        Unit("seine", 1, reads={"France here": 1}, gate="river here", writes={"say Seine": 1}),
        Unit("rome", 1, reads={"Italy here": 1}, gate="capital here", writes={"say Rome": 1}),
        Unit("tiber", 1, reads={"Italy here": 1}, gate="river here", writes={"say Tiber": 1}),
    ],
    table={
        "the capital of France is": "Paris",
        "the river of France is": "Seine",
        "the capital of Italy is": "Rome",
        "the river of Italy is": "Tiber",
    },
    chains=[
        "capital@2 > capitals@2 > paris@5 > answer",
        "France@4 > france@4 > paris@5 > answer",
    ],
)

LATE_CORRECTION = Circuit(
    name="late correction",
    told="birds fly, says layer 1; a penguin does not, says layer 2",
    layers=3,
    classes={"animal": "sparrow penguin"},
    heads=[
        Head(1, looks={"can": "animal"}, carries={"a bird": "bird here"}),
        Head(2, looks={"can": "animal"}, carries={"no wings": "wingless here"}),
    ],
    units=[
        Unit("birds", 0, reads={"sparrow": 1, "penguin": 1}, writes={"a bird": 1}),
        Unit("penguins", 0, reads={"penguin": 1}, writes={"no wings": 1}),
        Unit("flies", 1, reads={"bird here": 1}, writes={"say fly": 1}),
        Unit(
            "walks",
            2,
            reads={"wingless here": 1},
            writes={"say walk": 1, "say fly": -0.6},
        ),
    ],
    table={"a penguin can": "walk", "a sparrow can": "fly"},
    chains=[
        "penguin@2 > birds@2 > flies@3 > answer",
        "penguin@2 > penguins@2 > walks@3 > answer",
    ],
)

CIRCUITS = (TWO_HOPS, CHAIN_OF_THREE, FAN_IN, FAN_OUT, GATED_LOOKUP, LATE_CORRECTION)
