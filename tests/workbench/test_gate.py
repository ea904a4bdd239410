"""Attacks on the workbench: nobody reads or does anything without the printed link's token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.galleries import make_gallery
from tracer.serve import make_app
from tracer.workbench.app import ANSWERS, routes
from tracer.workbench.gate import MOST_BYTES, MOST_INSIDE, Gate

HOME = "http://127.0.0.1:8000"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def gate(told: list[str]) -> Gate:
    return Gate(told.append)


@pytest.fixture
def client(tmp_path: Path, gate: Gate) -> Iterator[TestClient]:
    root = make_gallery(tmp_path / "gallery").root
    (root / "secret.txt").write_text("secret", encoding="utf-8")
    app = make_app(root / "public", gallery=root, tell=print, more=routes(root, gate))
    with TestClient(app, base_url=HOME, follow_redirects=False) as client:
        yield client


@pytest.fixture
def inside(client: TestClient, gate: Gate) -> TestClient:
    assert client.post("/workbench/api/enter", json={"token": gate.token}).status_code == 200
    return client


def test_the_token_gives_a_cookie_that_no_script_and_no_other_site_has(
    client: TestClient, gate: Gate
) -> None:
    answer = client.post("/workbench/api/enter", json={"token": gate.token})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("tracer-workbench-8000=")
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/workbench" in cookie
    assert client.get("/workbench/api/state").status_code == 200


def test_a_token_is_used_once_and_a_new_one_is_shown(
    client: TestClient, gate: Gate, told: list[str]
) -> None:
    token = gate.token
    client.post("/workbench/api/enter", json={"token": token})
    client.cookies.clear()
    answer = client.post("/workbench/api/enter", json={"token": token})
    assert answer.status_code == 403 and "used before" in answer.json()["error"]
    assert "set-cookie" not in answer.headers
    assert told == [gate.token] != [token]


@pytest.mark.parametrize("name", [*ANSWERS, "cancel"])
def test_nothing_is_done_without_the_cookie(client: TestClient, name: str) -> None:
    assert client.post(f"/workbench/api/{name}", json={}).status_code == 401


@pytest.mark.parametrize("path", ["api/state", "api/events", "graph/graphs/x/", "graph/assets/1/x"])
def test_nothing_is_read_without_the_cookie(client: TestClient, path: str) -> None:
    assert client.get(f"/workbench/{path}").status_code == 401
    client.cookies.set("tracer-workbench-8000", "guessed")
    assert client.get(f"/workbench/{path}").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9000"},
        {"origin": "http://localhost:8000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},  # another port of this machine
    ],
)
@pytest.mark.parametrize("path", ["api/state", "api/events", "api/cancel"])
def test_a_foreign_page_gets_nothing_even_with_the_cookie(
    inside: TestClient, headers: dict[str, str], path: str
) -> None:
    method = "POST" if path.endswith("cancel") else "GET"
    given = {**headers, "content-type": "application/json"}
    answer = inside.request(method, f"/workbench/{path}", headers=given)
    assert answer.status_code == 403


def test_a_get_cancels_nothing(inside: TestClient) -> None:
    for name in ("cancel", *ANSWERS):
        assert inside.get(f"/workbench/api/{name}").status_code == 405


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_form_can_send_is_not_taken(inside: TestClient, kind: str) -> None:
    answer = inside.post("/workbench/api/trace", content="{}", headers={"content-type": kind})
    assert answer.status_code == 415


def test_another_host_name_is_not_answered(client: TestClient) -> None:
    answer = client.get("/workbench/", headers={"host": "evil.example"})
    assert answer.status_code == 400


def test_too_much_is_not_read(inside: TestClient) -> None:
    text = b"[" + b"1," * MOST_BYTES + b"1]"
    given = {"content-type": "application/json"}
    assert inside.post("/workbench/api/read", content=text, headers=given).status_code == 415
    parts = (b"x" * 10_000 for _ in range(100))  # without a length
    assert inside.post("/workbench/api/read", content=parts, headers=given).status_code == 415


@pytest.mark.parametrize("text", ["", "{", "[" * 50_000, "[]", '"x"', "null"])
def test_what_is_no_question_is_told_in_one_line(inside: TestClient, text: str) -> None:
    given = {"content-type": "application/json"}
    answer = inside.post("/workbench/api/open", content=text, headers=given)
    assert answer.status_code == 422
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("resume", {"session": "../secret"}),
        ("delete", {"session": "..%2f"}),
        ("delete", {"session": ""}),
        ("open", {"slug": "../../secret"}),
        ("keep", {"session": "a", "slug": "../x"}),
        ("keep", {"session": "a", "slug": "a/b"}),
        ("read", {"prompt": "x" * 100_001}),
        ("read", {"prompt": "x", "contrast": ["a"] * 21}),
        ("read", {"prompt": "x", "device": "cuda"}),
        ("poke", {"session": "a", "pokes": [{"kind": "ablate", "name": "x"}]}),
        ("poke", {"session": "a", "pokes": [{"kind": "run", "name": "x", "nodes": ["1_1_1"]}]}),
        (
            "poke",
            {"session": "a", "pokes": [{"kind": "set", "name": "x", "nodes": ["$(id)"]}]},
        ),
        (
            "poke",
            {
                "session": "a",
                "pokes": [{"kind": "set", "name": "x", "nodes": ["1_1_1"], "value": 1e9}],
            },
        ),
    ],
)
def test_nothing_from_the_page_becomes_a_path_and_all_has_bounds(
    inside: TestClient, name: str, content: object
) -> None:
    answer = inside.post(f"/workbench/api/{name}", json=content)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("this cannot be asked")


@pytest.mark.parametrize(
    "path",
    [
        "graph/../../secret.txt",
        "graph/%2e%2e/%2e%2e/secret.txt",
        "graph/graphs/..%2f..%2fsecret.txt",
        "files/../../../secret.txt",
        "files/dev/workbench/..%2f..%2f..%2f..%2fsecret.txt",
        "files/dev/preview.js",
        "graph/assets/x/../../secret.txt",
    ],
)
def test_no_path_leads_out(inside: TestClient, path: str) -> None:
    answer = inside.get(f"/workbench/{path}")
    assert answer.status_code in (401, 404) or "secret" not in answer.text


def test_the_page_comes_with_the_policy_of_the_site(client: TestClient) -> None:
    answer = client.get("/workbench/")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'") and policy.endswith("frame-ancestors 'self'")
    for name in ("styles/tokens.css", "dev/workbench/main.js", "viewer/page/dom.js"):
        assert client.get(f"/workbench/files/{name}").status_code == 200


def test_old_browsers_make_room(gate: Gate) -> None:
    cookies = [gate.enter(gate.token) for _ in range(MOST_INSIDE + 1)]
    assert not gate.knows(cookies[0]) and all(map(gate.knows, cookies[1:]))
