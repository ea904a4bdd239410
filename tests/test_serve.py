from __future__ import annotations

import asyncio
import json
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from tests.galleries import make_gallery
from tests.serving import TRACER, Served, served
from tracer.errors import TracerError
from tracer.open_pages import OpenPages, _try
from tracer.serve import FIRST_PORT, allowed_names, listen
from tracer.site.preview import Preview


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("served") / "gallery"
    make_gallery(root).write("secret.txt", "secret")
    with served(root) as running:
        yield running


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root = tmp_path_factory.mktemp("watched") / "gallery"
    make_gallery(root).write("secret.txt", "secret")
    with served(root, "--watch") as running:
        assert running.process.stdout is not None
        assert running.process.stdout.readline() == "built\n"
        yield running


def test_pages_come_with_the_policy_of_the_published_site(site: Served) -> None:
    status, headers, text = site.get("/")
    assert status == 200
    assert "The capital of France is" in text
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self'; script-src 'self' 'wasm-unsafe-eval';")
    assert policy.endswith("frame-ancestors 'self'")
    assert headers["x-content-type-options"] == "nosniff"


def test_a_graphs_page_may_be_embedded(site: Served) -> None:
    _, headers, _ = site.get("/graphs/france-paris/")
    assert headers["content-security-policy"].endswith("frame-ancestors *")


def test_a_folder_without_its_slash_leads_to_the_page(site: Served) -> None:
    status, headers, _ = site.get("/graphs/france-paris")
    assert (status, headers["location"]) == (307, "/graphs/france-paris/")


@pytest.mark.parametrize("path", ["//evil.example", "//evil.example/..", "/\\evil.example"])
def test_no_redirect_leads_to_another_host(site: Served, path: str) -> None:
    _, headers, _ = site.get(path)
    assert not headers.get("location", "/").startswith(("//", "/\\"))


def test_what_is_not_there_gets_the_sites_own_page(site: Served) -> None:
    status, _, text = site.get("/nowhere/at/all/")
    assert status == 404
    assert "There is no such page" in text


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/graphs/../../secret.txt",
        "/graphs/%2e%2e/%2e%2e/secret.txt",
        "//secret.txt",
        "/.tracer-build",
        "/.tracer-build/",
        "/.tracer-build/site.json",
        "/graphs/.hidden/x",
    ],
)
def test_nothing_outside_the_site_is_served(site: Served, path: str) -> None:
    status, _, text = site.get(path)
    assert status == 404
    assert "secret" not in text.replace(path, "")


@pytest.mark.parametrize(
    "path",
    [
        "/%00",
        "/a%00b/",
        "/graphs/%00.html",
        "/" + "x" * 300,
        "/" + "x" * 300 + "/",
        "/" + "x/" * 3000,
        "/" + "%C3%A9" * 200,
        "/..",
        "/%5c..%5csecret.txt",
        "/\\secret.txt",
        "/%ff%fe",
        "/%E0%A4%A",
        "/%",
        "/%0a%0d",
        "/graphs/%2e%2e/%2e%2e/",
        "/_preview/%00",
        "/assets/x/%00",
        "/index.html/x",
    ],
)
@pytest.mark.parametrize("which", ["site", "watched"])
def test_an_address_that_no_file_can_have_is_not_there(
    request: pytest.FixtureRequest, which: str, path: str
) -> None:
    assert request.getfixturevalue(which).get(path)[0] == 404


def test_the_state_of_a_page_that_cannot_be_is_not_there(watched: Served) -> None:
    for path in ("%00", "/" + "x" * 300, "/../../secret.txt", "/.tracer-build", "%ff"):
        status, _, text = watched.get(f"/_preview/state?path={path}")
        assert status == 404 or "page" not in json.loads(text)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example"])
def test_another_host_name_is_refused(site: Served, host: str) -> None:
    assert site.get("/", host=host)[0] == 400


def test_the_name_localhost_is_fine(site: Served) -> None:
    assert site.get("/", host=f"localhost:{site.port}")[0] == 200


def test_listening_beyond_this_machine_is_told_and_names_are_checked(tmp_path: Path) -> None:
    make_gallery(tmp_path)
    options = ("--host", "0.0.0.0", "--allow-host", "box.example", "--allow-host", "*.dev.example")
    with served(tmp_path, *options) as running:
        assert running.process.stdout is not None
        told = running.process.stdout.readline()
        assert "anyone who reaches this machine at 0.0.0.0 can read this gallery" in told
        assert "127.0.0.1, localhost, box.example, *.dev.example; --allow-host adds" in told
        answers = {
            name: running.get("/", host=name)[0]
            for name in (
                "localhost:1",
                "box.example:80",
                "a.dev.example",
                "evil.example",
                "0.0.0.0",
            )
        }
    assert answers == {
        **dict.fromkeys(["localhost:1", "box.example:80", "a.dev.example"], 200),
        **dict.fromkeys(["evil.example", "0.0.0.0"], 400),
    }


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", "a b", "x" * 300])
def test_a_host_that_is_not_this_machine_is_one_clear_line(host: str) -> None:
    with pytest.raises(TracerError, match=r"no address `.*` to listen on: .*--host; 0\.0\.0\.0"):
        listen(None, host)


@pytest.mark.parametrize("name", ["*", "a*b", "http://x", "x:80", "", "x/y"])
def test_a_name_that_lets_everybody_in_is_refused(name: str) -> None:
    with pytest.raises(TracerError, match="is no host name; give it without port or path"):
        allowed_names("0.0.0.0", [name])


def test_nothing_listens_but_this_machine(site: Served) -> None:
    with listen(None) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_without_watching_no_page_loads_the_reloader(site: Served) -> None:
    assert "_preview" not in site.get("/")[2]
    assert site.get("/_preview/preview.js")[0] == 404


def test_a_taken_port_gives_the_next_free_one() -> None:
    with listen(None) as first, listen(None) as second:
        assert FIRST_PORT <= first.getsockname()[1] < second.getsockname()[1]


def test_a_port_that_was_asked_for_and_is_taken_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(TracerError, match=f"port {port} cannot be used.*--port"):
            listen(port)


def test_ctrl_c_ends_it_cleanly_even_with_a_page_open(tmp_path: Path) -> None:
    make_gallery(tmp_path)
    with (
        served(tmp_path, "--watch") as running,
        socket.create_connection(("127.0.0.1", running.port)) as page,
    ):
        host = f"Host: 127.0.0.1:{running.port}\r\n\r\n"
        page.sendall(f"GET /_preview/events HTTP/1.1\r\n{host}".encode())
        assert page.recv(100)
        assert running.interrupt() == 0
        assert running.process.stdout is not None
        assert "Traceback" not in running.process.stdout.read()


@pytest.mark.parametrize("command", ["build", "serve", "check"])
def test_a_folder_that_is_no_gallery_is_one_clear_line(tmp_path: Path, command: str) -> None:
    done = subprocess.run(
        [*TRACER, command, "--root", str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "this folder is no gallery" in done.stderr


def test_a_mistake_is_told_once_and_again_only_after_it_was_mended() -> None:
    pages, told = OpenPages(cast(Preview, None)), list[str]()

    def mistaken() -> None:
        raise TracerError("wrong")

    async def saved_often() -> None:
        for work in (mistaken, mistaken, lambda: None, mistaken):
            await _try(work, pages, told.append)

    with ThreadPoolExecutor(1) as apart:  # from the browser tests' own event loop
        apart.submit(asyncio.run, saved_often()).result()
    assert told == ["error: wrong"] * 2 and pages.problems == ["wrong"]
