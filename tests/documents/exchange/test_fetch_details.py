"""Details of features from elsewhere: fetched by a command, from hosts that the gallery allows."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.documents.test_feature_examples import feature_file
from tests.foreign_graphs import foreign_graph
from tests.galleries import make_gallery
from tracer.cli import tracer
from tracer.documents.exchange import download as downloading
from tracer.documents.exchange import feature_details, fetch_details
from tracer.documents.exchange.download import download, is_public
from tracer.documents.exchange.feature_details import details_address, read_details
from tracer.documents.feature_store import FeatureStore
from tracer.documents.graph import Graph
from tracer.documents.site_config import load_site_config
from tracer.errors import Problems, TracerError
from tracer.site.features.records import known_of

THEIRS: dict[str, Any] = {
    "modelId": "gemma-2-2b",
    "layer": "3-gemmascope-transcoder-16k",
    "index": "10",
    "pos_str": [" Rome", " Roma"],
    "neg_str": [" cat"],
    "maxActApprox": 4.5,
    "frac_nonzero": 0.02,
    "freq_hist_data_bar_values": [0.5, 1.5, 2.5],
    "freq_hist_data_bar_heights": [9, 3, 1],
    "explanations": [{"description": "the  city\nof Rome", "explanationModelName": "gpt-4o-mini"}],
    "activations": [
        {"tokens": ["a", "b"], "values": [0, 1]},
        {"tokens": [*"x" * 99, " Rome", *"y" * 99], "values": [0] * 99 + [4.5] + [0.5] * 99},
        {"tokens": ["no values"], "values": None},
    ],
}


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        bodies = {
            "/api/feature/gemma-2-2b/3-set/10": json.dumps(THEIRS),
            "/f/8000.json": json.dumps(feature_file(8000)),
            "/f/7.json": json.dumps(feature_file(12345)),  # by their own number
        }
        self.server.seen.append(self.path)  # type: ignore[attr-defined]
        if self.path == "/out":
            self.send_response(302)
            self.send_header("Location", "https://elsewhere.example/x")
        else:
            self.send_response(200 if self.path in bodies else 404)
        self.end_headers()
        self.wfile.write(bodies.get(self.path, "").encode())

    def log_message(self, *_: object) -> None: ...


class _Server(ThreadingHTTPServer):
    seen: list[str]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    """What speaks https to it speaks plainly; its address is not private for these tests."""
    monkeypatch.setattr(downloading, "HTTPSConnection", HTTPConnection)
    monkeypatch.setattr(downloading, "is_public", lambda peer: str(peer) == "127.0.0.1")
    found = _Server(("127.0.0.1", 0), _Answers)
    found.seen = []
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


def host_of(server: _Server) -> str:
    return f"127.0.0.1:{server.server_port}"


def graph_with(details: dict[str, str], scan: str = "gemma-2-2b") -> Graph:
    fields = foreign_graph()
    fields["metadata"] |= {"feature_details": details, "scan": scan}
    for node in fields["nodes"]:
        if node["feature"] not in (None, -1):
            node["feature"] = 7 if node["node_id"].startswith("3_10_") else 8000
    return Graph.model_validate(fields)


def gallery_of(root: Path, graph: Graph, hosts: str) -> Path:
    gallery = make_gallery(root)
    graph.save(root / "graphs" / "theirs" / "1.json")
    gallery.write("site_src/site.yaml", f"title: Ours\nfetch_from: [{hosts}]\n")
    return root


def fetch(root: Path, *options: str) -> Any:
    arguments = ["import-examples", "theirs", "--fetch", *options, "--root", str(root)]
    return CliRunner().invoke(tracer, arguments)


def records(root: Path) -> dict[str, Any]:
    store = FeatureStore(root / "features")
    return {
        key: store.load(source, key) for source in store.sources() for key in store.keys(source)
    }


def test_what_the_graph_s_address_holds_is_kept_and_not_fetched_twice(
    tmp_path: Path, server: _Server
) -> None:
    graph = graph_with({"feature_json_base_url": f"https://{host_of(server)}/f/"})
    root = gallery_of(tmp_path, graph, f'"{host_of(server)}"')
    first = fetch(root, "--most", "1")
    assert (first.exit_code, first.stdout) == (0, "1 features fetched\n"), first.output
    done = fetch(root)
    assert done.exit_code == 0
    assert "had a record already" in done.stdout
    found = records(root)
    assert {found[key].index for key in found} == {7, 8000}
    assert {*server.seen} == {"/f/7.json", "/f/8000.json"}
    asked = len(server.seen)
    assert fetch(root).stdout.startswith("0 features fetched; ")
    assert len(server.seen) == asked
    fetch(root, "--force", "--most", "1")
    assert len(server.seen) == asked + 1


def test_a_record_of_neuronpedia_s_becomes_one_of_ours(
    tmp_path: Path, server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feature_details, "NEURONPEDIA", f"https://{host_of(server)}")
    graph = graph_with({"neuronpedia_source_set": "set"})
    root = gallery_of(tmp_path, graph, f'"{host_of(server)}"')
    done = fetch(root)
    assert done.exit_code == 0  # the others are not there, and are told
    assert "1 features fetched" in done.stdout and "answers 404 Not Found" in done.stderr
    found = records(root)["3_10"]
    assert (found.index, found.top_logits, found.bottom_logits) == (
        7,
        (" Rome", " Roma"),
        (" cat",),
    )
    assert (found.act_min, found.act_max, found.histogram) == (0.0, 3.0, (9.0, 3.0, 1.0))
    assert found.activation_frequency == 0.02
    strongest, weaker = found.examples_quantiles[0].examples
    assert (len(strongest.tokens), strongest.tokens[30]) == (61, " Rome")
    assert max(strongest.tokens_acts_list) == 4.5 and weaker.tokens == ("a", "b")
    named = known_of(found).suggestion
    assert named is not None
    assert (named.name, named.by, named.confident) == ("the city of Rome", "gpt-4o-mini", False)


def test_hosts_that_the_gallery_does_not_allow_are_not_asked(tmp_path: Path) -> None:
    root = gallery_of(tmp_path, graph_with({"neuronpedia_source_set": "set"}), "example.org")
    error = str(fetch(root).exception)
    assert "`www.neuronpedia.org`, which `site.yaml` does not allow" in error
    assert "fetch_from: [www.neuronpedia.org]" in error
    graph_with({}).save(root / "graphs" / "theirs" / "1.json")
    assert "does not say where details of its features are" in str(fetch(root).exception)
    both = CliRunner().invoke(tracer, ["import-examples", "theirs", "--root", str(root)])
    assert "name files, or say --fetch" in str(both.exception)


def test_a_host_sends_nobody_on_to_another(server: _Server) -> None:
    with pytest.raises(TracerError, match=r"elsewhere\.example` is none of the hosts allowed"):
        download(f"https://{host_of(server)}/out", max_bytes=100, hosts=[host_of(server)])


@pytest.mark.parametrize("url", ["http://{}/f/7.json", "https://localhost:1/f/7.json"])
def test_only_https_and_only_what_is_listed(server: _Server, url: str) -> None:
    with pytest.raises(TracerError, match="is not fetched: "):
        download(url.format(host_of(server)), max_bytes=10**6, hosts=[host_of(server)])
    assert server.seen == []


def test_a_listed_name_that_leads_into_a_private_network_is_refused(
    server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "is_public", is_public)
    with pytest.raises(TracerError, match=r"is at 127\.0\.0\.1, an address of a private network"):
        download(f"https://{host_of(server)}/f/7.json", max_bytes=10**6, hosts=[host_of(server)])
    assert server.seen == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(ip_address(address)) is public


def test_it_gives_up_where_nothing_comes(
    tmp_path: Path, server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_details, "_GIVEN_UP", 2)
    graph = graph_with({"feature_json_base_url": f"https://{host_of(server)}/nothing"})
    root = gallery_of(tmp_path, graph, f'"{host_of(server)}"')
    done = fetch(root)
    assert done.exit_code == 1
    assert len(server.seen) == 2
    assert "nothing came any more: the same command goes on" in done.stderr


def test_stopped_it_keeps_what_was_fetched(
    tmp_path: Path, server: _Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(text: str, address: str, number: int) -> Any:
        if number == 7:
            raise KeyboardInterrupt
        return read_details(text, address, number)

    monkeypatch.setattr(fetch_details, "read_details", stopped)
    graph = graph_with({"feature_json_base_url": f"https://{host_of(server)}/f"})
    root = gallery_of(tmp_path, graph, f'"{host_of(server)}"')
    done = fetch(root)
    assert done.exit_code == 1 and "interrupted: the same command goes on" in done.stderr
    assert {*records(root)} == {"0_354"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html>", "gives no feature's details"),
        ("[]", "not a feature's details"),
        ("{}", "not a feature's details: "),
        ('{"examples_quantiles": 5}', "not a feature's details: "),
    ],
)
def test_what_is_no_feature_is_one_clear_line(text: str, words: str) -> None:
    with pytest.raises(TracerError, match=words):
        read_details(text, "https://example.org/7.json", 7)


def test_odd_records_of_neuronpedia_s_are_read_as_far_as_they_go() -> None:
    odd = {
        "activations": [5, {"tokens": ["a"], "values": [True]}, {"tokens": [1], "values": [1]}],
        "pos_str": "no list",
        "explanations": [{"description": " "}, {"description": "x"}],
        "freq_hist_data_bar_values": [1, 2],
        "freq_hist_data_bar_heights": [1],
    }
    found = read_details(json.dumps(odd), "https://example.org/7.json", 7)
    assert (found.top_logits, found.histogram) == ((), None)
    assert [one.examples for one in found.examples_quantiles] == [()]
    assert found.suggestion is not None and found.suggestion.by == "Neuronpedia"


@pytest.mark.parametrize("base", ["file:///etc", "javascript:alert(1)", "https://a b/"])
def test_odd_addresses_are_none(base: str) -> None:
    graph = graph_with({"feature_json_base_url": base})
    assert {details_address(graph, node) for node in graph.nodes} == {None}


@pytest.mark.parametrize("host", ["https://example.org", "Example.org", "a/b", "*", "-a", "a b"])
def test_a_host_is_a_name_and_nothing_more(tmp_path: Path, host: str) -> None:
    (tmp_path / "site.yaml").write_text(f'fetch_from: ["{host}"]\n')
    with pytest.raises((TracerError, Problems), match="fetch_from"):
        load_site_config(tmp_path / "site.yaml")
