"""A server that answers as the Hugging Face hub does, for the files of local folders."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Hub:
    """Repositories `org/name` are folders below `root`; each has one commit."""

    root: Path
    address: str = ""
    fetched: list[str] = field(default_factory=list)  # files whose content was sent
    listed: list[str] = field(default_factory=list)  # repositories whose files were listed

    def answer(self, path: str) -> Answer:
        parts = unquote(urlsplit(path).path).strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            what = parts[4] if len(parts) > 4 else "revision"
            revision = parts[5] if len(parts) > 5 else "main"
            return self._listing("/".join(parts[2:4]), revision, tree=what == "tree")
        if len(parts) > 4 and parts[2] == "resolve":
            return self._file("/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        return _absent("EntryNotFound")

    def _listing(self, repo: str, revision: str, *, tree: bool) -> Answer:
        self.listed.append(repo)
        folder = self.root / repo
        if not folder.is_dir():
            return _absent("RepoNotFound")
        if revision not in ("main", COMMIT):
            return _absent("RevisionNotFound")
        files = sorted(one for one in folder.rglob("*") if one.is_file())
        names = [one.relative_to(folder).as_posix() for one in files]
        described = [
            {"type": "file", "path": name, "size": one.stat().st_size, "oid": _digest(one)}
            for name, one in zip(names, files, strict=True)
        ]
        siblings = [{"rfilename": name} for name in names]
        info = {"id": repo, "modelId": repo, "sha": COMMIT, "private": False, "siblings": siblings}
        body = json.dumps(described if tree else info).encode()
        return 200, {"Content-Type": "application/json"}, body

    def _file(self, repo: str, revision: str, name: str) -> Answer:
        file = self.root / repo / name
        if not file.is_file():
            return _absent("EntryNotFound")
        content = file.read_bytes()
        etag = hashlib.sha256(content).hexdigest()
        return (
            200,
            {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT, "X-File": f"{repo}/{name}"},
            content,
        )


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _absent(code: str) -> Answer:
    return 404, {"X-Error-Code": code, "X-Error-Message": "not here"}, b"{}"


@contextmanager
def serving(root: Path) -> Iterator[Hub]:
    hub = Hub(root)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._send(body=False)

        def do_GET(self) -> None:
            self._send(body=True)

        def _send(self, *, body: bool) -> None:
            status, headers, content = hub.answer(self.path)
            file = headers.pop("X-File", None)
            if body and file is not None:
                hub.fetched.append(file)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def the_only_hub(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """`huggingface_hub` asks a server of ours, with an empty cache; so does tracer."""
    patch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(folder / "cache"))
    patch.setenv("TRACER_CACHE", str(folder / "remembered"))
    with serving(folder / "hub") as hub:
        patch.setattr("huggingface_hub.constants.ENDPOINT", hub.address)
        template = f"{hub.address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        patch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield hub
