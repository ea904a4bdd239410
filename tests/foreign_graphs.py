"""Graphs as other programs write them, made up here: a small one, and three of published sizes."""

from __future__ import annotations

import math
import random
import struct
from dataclasses import dataclass
from typing import Any

TOKENS = ["<bos>", "Fact", ":", " Paris", " is"]


def foreign_node(
    node_id: str, kind: str = "cross layer transcoder", /, **fields: Any
) -> dict[str, Any]:
    layer, index, position = node_id.split("_")
    return {
        "node_id": node_id,
        "feature": 7,
        "layer": layer,
        "ctx_idx": int(position),
        "feature_type": kind,
        "token_prob": 0.0,
        "is_target_logit": False,
        "run_idx": 0,
        "reverse_ctx_idx": 0,
        "jsNodeId": f"{layer}_{index}-0",
        "clerp": "",
        "influence": 0.5,
        "activation": 1.25,
    } | fields


def error(node_id: str, layer: int | str, **fields: Any) -> dict[str, Any]:
    empty = {"activation": None, "feature": -1, "clerp": "Err: mlp"}
    return foreign_node(node_id, "mlp reconstruction error", layer=layer) | empty | fields


def foreign_graph(**changes: Any) -> dict[str, Any]:
    """circuit-tracer's shape: features with names, old errors, tokens, one answer, supernodes."""
    nodes = [
        foreign_node("0_354_1", clerp="facts"),
        foreign_node("3_10_3", clerp="[France] cities, and: colons", feature=None),
        foreign_node("3_10_4", clerp="cities, and: colons", layer=3),
        foreign_node("4_12_4", clerp="say a country"),
        foreign_node("4_12_3", clerp="France\nand \u2028more"),
        error("0_2_3", "2"),
        *(
            foreign_node(f"E_{i}_{i}", "embedding", clerp=f'Emb: "{token}"', activation=None)
            for i, token in enumerate(TOKENS)
        ),
        foreign_node("6_99_4", "logit", clerp='Output " in" (p=0.6)', token_prob=0.6),
    ]
    links = [
        ("E_3_3", "3_10_3", 2.5),
        ("0_354_1", "3_10_3", 0.25),
        ("0_2_3", "4_12_4", -0.5),
        ("3_10_3", "4_12_4", 1.5),
        ("4_12_4", "6_99_4", 3),
    ]
    graph = {
        "metadata": {
            "slug": "Fact: Paris is",
            "scan": "gemma-2-2b",
            "transcoder_list": [],
            "prompt_tokens": TOKENS,
            "prompt": "<bos>Fact: Paris is",
            "node_threshold": 0.8,
        },
        "qParams": {
            "linkType": "both",
            "pinnedIds": ["4_12_4", "E_3_3", "9_9_9"],
            "clickedId": "",
            "supernodes": [["France", "3_10_3", "4_12_3"], ["France", "4_12_4"], ["gone", "9_9_9"]],
            "sg_pos": "",
        },
        "nodes": nodes,
        "links": [{"source": s, "target": t, "weight": w} for s, t, w in links],
    }
    return graph | changes


@dataclass(frozen=True)
class Published:
    """The size and shape of a graph that somebody published; `published_graph` makes it."""

    slug: str
    tokens: tuple[str, ...]
    answers: dict[str, float]
    features: int
    errors: int
    links: int
    layers: tuple[int, int]
    weight: float  # the median size of a link
    labelled: bool = False
    packed: bool = False  # layer and index in one number, by Cantor's pairing
    mixed_error_ids: bool = False  # newer ids in the upper half, older ones below
    coarse: bool = False  # bfloat16's numbers; else float32's, of many digits


ANSWERS = (0.42, 0.09, 0.061, 0.054, 0.037, 0.033, 0.022, 0.0215, 0.0174, 0.0169)
CITIES = (" Tokyo", " Osaka", " not", " the", " Edo", " Japan", " ", " Kyoto", " Nara", " Nagoya")
HEATS = ("hot", "warm", "cold", "heat", "<b>", "not", "fire", "Hot", "boiling", "hotter")
FACT = ("<bos>", "Fact", ":", " The", " largest", " city", " of")
OPPOSITE = ("<bos>", "In", " English", ",", " the", " opposite", " of", " the", " word")
PUBLISHED = (
    Published(
        slug="largest-city",
        tokens=(*FACT, " Kyoto", "'s", " country"),
        answers=dict(zip(CITIES, ANSWERS, strict=True)),
        features=40,
        errors=0,
        links=330,
        layers=(18, 25),
        weight=3.1,
        coarse=True,
    ),
    Published(
        slug="the-largest-city-1756500000000",
        tokens=(*FACT, " the", " country", " of", " Kyoto"),
        answers=dict(zip(CITIES, ANSWERS, strict=True)),
        features=304,
        errors=90,
        links=4944,
        layers=(0, 25),
        weight=0.23,
        labelled=True,
        packed=True,
        coarse=True,
    ),
    Published(
        slug="cold-hot-en",
        tokens=(*OPPOSITE, ' "', "cold", '"', " is", " the", " word", ' "'),
        answers=dict(zip(HEATS, ANSWERS, strict=True)),
        features=556,
        errors=112,
        links=23_600,
        layers=(0, 25),
        weight=0.38,
        labelled=True,
        packed=True,
        mixed_error_ids=True,
    ),
)
NAMES = [
    "single characters and parts of words",
    "the or h2",
    "say a large city",
    "quotes",
    "legal terms",
    "code",
    "technical/scientific text",
    "questions & answers",
    "units of measure",
    "temperature",
    "pronouns",
    "lists, factors",
    "()",
    "\\{",
    "._",
    "names of places in Asia",
    "job opportunities",
    "opposites",
    "Copyright",
    "medical studies and their results",
    "trial",
    "resource",
    "content sharing",
    "uncertainty and luck",
]


def published_graph(shape: Published) -> dict[str, Any]:
    """Most features low and at the last tokens, some 40 % of the links negative and a few of them
    a hundred times as large as most, as published graphs are. The same at every call."""
    chance = random.Random(shape.slug)
    last = len(shape.tokens) - 1
    embeddings = [
        _unread(chance, shape, f"E_{chance.randrange(2, 60_000)}_{i}", "embedding", i)
        for i in range(last + 1)
    ]
    middle = sorted(
        [*_features(chance, shape), *_errors(chance, shape)], key=lambda node: int(node["layer"])
    )
    answers = [
        foreign_node(
            f"{shape.layers[1] + 2}_{chance.randrange(300, 60_000)}_{last}",
            "logit",
            clerp=f'Output "{text}" (p={probability:.3f})',
            token_prob=_rounded(shape, probability),
            is_target_logit=text == next(iter(shape.answers)),
            influence=None,
            activation=None,
        )
        for text, probability in shape.answers.items()
    ]
    nodes = [*embeddings, *middle, *answers]
    for node in nodes:
        _number(node, shape)
    view = _view(middle, answers) if shape.mixed_error_ids else {}
    metadata = {
        "slug": shape.slug,
        "scan": "gemma-2-2b",
        "transcoder_list": [],
        "prompt_tokens": list(shape.tokens),
        "prompt": "".join(shape.tokens),
        "node_threshold": 0.8,
        "info": {"generator": {"name": "circuit-tracer", "version": "1.0.0"}},
        "generation_settings": {"max_n_logits": 10, "desired_logit_prob": 0.95},
    }
    query = {"linkType": "both", "pinnedIds": [], "clickedId": "", "supernodes": [], "sg_pos": ""}
    links = _links(chance, shape, nodes)
    return {"metadata": metadata, "qParams": query | view, "nodes": nodes, "links": links}


def _unread(
    chance: random.Random, shape: Published, name: str, kind: str, position: int
) -> dict[str, Any]:
    """A token's embedding, or what no feature explains at it: it has no activation."""
    word = "Emb" if kind == "embedding" else "Err: mlp"
    clerp = f'{word}: "{shape.tokens[position]}"' if shape.labelled else ""
    layer = name.split("_")[0]
    influence = chance.uniform(0.05, 0.7)
    fields = {"layer": layer, "ctx_idx": position, "clerp": clerp, "activation": None}
    return foreign_node(name, kind, **fields, influence=influence)


def _errors(chance: random.Random, shape: Published) -> list[dict[str, Any]]:
    low, high = shape.layers
    places = [(layer, i) for layer in range(low, high + 1) for i in range(1, len(shape.tokens))]
    found = []
    for layer, position in sorted(chance.sample(places, shape.errors)):
        new = shape.mixed_error_ids and layer > (low + high) // 2
        name = f"{layer}_-1_{position}" if new else f"0_{layer}_{position}"
        node = _unread(chance, shape, name, "mlp reconstruction error", position)
        found.append(node | {"layer": str(layer)})
    return found


def _features(chance: random.Random, shape: Published) -> list[dict[str, Any]]:
    low, high = shape.layers
    layers = range(low, high + 1)
    crowd = [math.exp(-0.3 * (layer - low)) + 0.05 for layer in layers]
    positions = range(1, len(shape.tokens))
    found: dict[tuple[int, int, int], str] = {}
    while len(found) < shape.features:
        (layer,) = chance.choices(layers, crowd)
        (position,) = chance.choices(positions, [1.0 + (i == positions[-1]) * 4 for i in positions])
        index = chance.randrange(high + 1, 16_384)  # below that an old error may have the id
        label = " ".join(chance.sample(NAMES, chance.choice((1, 1, 2)))) * shape.labelled
        found[layer, index, position] = label
        again = chance.randrange(1, 4 * len(shape.tokens))  # a quarter is active elsewhere too
        if again in positions and len(found) < shape.features:
            found[layer, index, again] = label
    return [
        foreign_node(
            f"{layer}_{index}_{position}",
            clerp=label,
            influence=_rounded(shape, chance.betavariate(5, 2) * 0.8),
            activation=_rounded(shape, chance.lognormvariate(1, 0.8)),
        )
        for (layer, index, position), label in sorted(found.items())
    ]


def _links(
    chance: random.Random, shape: Published, nodes: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Upwards and never back to an earlier token; into features and answers only."""
    level = [-1 if node["layer"] == "E" else int(node["layer"]) for node in nodes]
    pairs = [
        (source, target)
        for target, node in enumerate(nodes)
        if node["feature_type"] in ("cross layer transcoder", "logit")
        for source, other in enumerate(nodes[:target])
        if level[source] < level[target] and other["ctx_idx"] <= node["ctx_idx"]
    ]
    return [
        {
            "source": nodes[source]["node_id"],
            "target": nodes[target]["node_id"],
            "weight": _rounded(
                shape,
                chance.lognormvariate(math.log(shape.weight), 1.2)
                * (-1 if chance.random() < 0.4 else 1),
            ),
        }
        for source, target in sorted(chance.sample(pairs, shape.links), key=lambda pair: pair[1])
    ]


def _view(middle: list[dict[str, Any]], answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Five supernodes of two or three, and pins on these and a few more; a member's clerp begins
    with its supernode's name."""
    features = [node for node in middle if node["feature_type"] == "cross layer transcoder"]
    spread = features[:: len(features) // 15][:15]
    groups = {
        'Output "hot" or "warm"': answers[:2],
        "say hot / warm": spread[12:14],
        "opposite": spread[0:3],
        "cold": spread[3:6],
        "temperature": spread[6:9],
    }
    for name, members in groups.items():
        for node in members:
            node["clerp"] = f"[{name}] {node['clerp']}"
    return {
        "supernodes": [[name, *(one["node_id"] for one in all_)] for name, all_ in groups.items()],
        "pinnedIds": [one["node_id"] for one in [*spread, *answers[:2]]],
    }


def _number(node: dict[str, Any], shape: Published) -> None:
    """`feature` and `jsNodeId`, as circuit-tracer fills them in."""
    name, index, position = node["node_id"].split("_")
    kind = node["feature_type"]
    if kind == "cross layer transcoder":
        both = int(name) + int(index)
        node["feature"] = both * (both + 1) // 2 + int(index) if shape.packed else int(index)
    else:
        node["feature"] = {"embedding": int(position), "logit": int(index)}.get(kind, -1)
        if kind == "logit":
            node["jsNodeId"] = f"L_{index}-{position}"


def _rounded(shape: Published, number: float) -> float:
    """What is left of a number in the precision that the file's numbers had."""
    packed = struct.pack("<f", number)
    return float(struct.unpack("<f", b"\0\0" + packed[2:] if shape.coarse else packed)[0])
