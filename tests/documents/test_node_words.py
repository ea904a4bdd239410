from __future__ import annotations

import pytest

from tests.account_graphs import account_graph
from tests.builders import make_graph
from tracer.documents.account import Read
from tracer.documents.exchange.answer_label import own_label
from tracer.documents.node_words import automatic_name
from tracer.documents.prompt_words import ERRORS

READ = Read(word="Colosseum", share=-0.6)


@pytest.mark.parametrize(
    ("reads", "pushes", "opposes", "name"),
    [
        ([READ], ["Italian", "Italy", "Rome"], ["the"], "Colosseum → Italian, Italy"),
        ([READ], [], ["the", "a"], "Colosseum ⊣ the, a"),
        ([READ], [], [], "Colosseum"),
        ([], ["Italian"], [], "→ Italian"),
        ([Read(word=ERRORS, share=0.9), READ], ["Italian"], [], "Colosseum → Italian"),
        ([], [], [], None),
    ],
)
def test_a_feature_is_called_by_what_it_reads_and_pushes(
    reads: list[Read], pushes: list[str], opposes: list[str], name: str | None
) -> None:
    assert automatic_name(reads, pushes, opposes) == name


def test_only_features_have_automatic_names_and_a_given_one_wins() -> None:
    graph, _ = account_graph()
    nodes = {node.node_id: node for node in graph.nodes}
    assert own_label(nodes["0_7_4"]) == "France → Paris, France"
    named = nodes["0_7_4"].model_copy(update={"clerp": "a name"})
    assert own_label(named) == "a name"
    assert all(node.automatic_name is None for node in graph.nodes if node.kind != "feature")
    assert all(own_label(node) is None for node in make_graph().nodes if node.kind == "feature")
