"""Graphs from the web: only from safe addresses, bounded, with clear words when it fails."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.foreign_graphs import foreign_graph
from tracer.documents.exchange.download import download
from tracer.documents.exchange.share_link import find_graph
from tracer.errors import TracerError

GRAPH = json.dumps(foreign_graph()).encode()


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        record = json.dumps({"slug": "b", "url": "/elsewhere/b.json"}).encode()
        bodies = {
            "/graph.json": GRAPH,
            "/graph_data/a.json": GRAPH,
            "/api/graph/gemma/b": record,
            "/elsewhere/b.json": GRAPH,
            "/sub/graphs/mine/2.json": GRAPH,
            "/page": b"<!doctype html><title>A graph</title>",
            "/latin": "é".encode("latin-1"),
            "/bomb": gzip.compress(b"0" * 5_000_000),
            "/packed": gzip.compress(GRAPH),
        }
        if path in ("/away", "/to-file"):
            self.send_response(302)
            to = "http://example.org/x" if path == "/away" else "file:///etc/hostname"
            self.send_header("Location", to)
            self.end_headers()
            return
        self.send_response(200 if path in bodies else 404)
        if path in ("/bomb", "/packed"):
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(bodies.get(path, b""))

    def log_message(self, *_: object) -> None: ...


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_graph_is_fetched_plain_and_packed(site: str) -> None:
    for path in ("/graph.json", "/packed"):
        assert json.loads(download(site + path, max_bytes=10**6)) == foreign_graph()
    assert json.loads(find_graph(site + "/graph.json").text) == foreign_graph()


@pytest.mark.parametrize(
    "path",
    [
        "/index.html?slug=a&pinnedIds=E_3_3",
        "/gemma/graph?slug=b&pinnedIds=E_3_3",
        "/sub/graphs/mine/?revision=2&pinnedIds=E_3_3#viewer",
        "/sub/graphs/mine/2/?pinnedIds=E_3_3&revision=2#viewer",
    ],
)
def test_a_share_link_leads_to_its_graph(site: str, path: str) -> None:
    found = find_graph(site + path)
    assert json.loads(found.text) == foreign_graph()
    assert found.link is not None
    assert found.link.work.pinned_ids == ("E_3_3",)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/absent", "/absent answers 404 Not Found; check the address"),
        ("/latin", "is not UTF-8 text"),
        ("/away", "example.org/x is not fetched: only https addresses are"),
        ("/to-file", "file:///etc/hostname"),
        ("/bomb", "is larger than the 1,000,000 bytes allowed"),
    ],
)
def test_what_goes_wrong_is_said(site: str, path: str, words: str) -> None:
    with pytest.raises(TracerError, match=words):
        download(site + path, max_bytes=1_000_000)


def test_a_page_is_not_the_graph_that_it_shows(site: str) -> None:
    with pytest.raises(TracerError, match="/page: not an attribution graph: this is a web page"):
        find_graph(site + "/page")


def test_a_large_file_is_not_read_to_its_end(site: str) -> None:
    with pytest.raises(TracerError, match="larger than the 100 bytes"):
        download(site + "/graph.json", max_bytes=100)


def test_a_slow_one_is_given_up(site: str) -> None:
    with pytest.raises(TracerError, match="takes too long"):
        download(site + "/graph.json", max_bytes=10**6, total_seconds=0)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://example.org/a.json", "only https addresses are; save the file"),
        ("ftp://example.org/a.json", "only https addresses are"),
        ("file:///etc/hostname", "names no host"),
        ("https://", "names no host"),
        ("https://[::1/a.json", "is no address"),
    ],
)
def test_other_addresses_are_refused_unasked(url: str, words: str) -> None:
    with pytest.raises(TracerError, match=words):
        find_graph(url)


def test_another_machine_does_not_send_us_to_our_own(site: str) -> None:
    with pytest.raises(TracerError, match="only https addresses are"):
        download(site + "/graph.json", max_bytes=10**6, sent_by="https://example.org/a")
    assert download(site + "/graph.json", max_bytes=10**6, sent_by="http://localhost:1/a")


def test_no_network_is_one_clear_line() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(TracerError, match=r"cannot be fetched: .*; check the network") as caught:
        download(f"http://127.0.0.1:{port}/a.json", max_bytes=100)
    assert "\n" not in str(caught.value)
