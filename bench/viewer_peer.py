"""circuit-tracer's viewer, made ready to be measured beside ours.

Its pages and scripts come from its wheel, the libraries they load from npm; both are fetched once,
into `.tracer/bench-viewer/`, and are what their hashes say. Every `https://HOST/…` in its files
becomes `./elsewhere/HOST/…`, so that it waits for no other host, which is to its advantage; there
stand the libraries, and nothing else: a feature's examples are not found, as with features that
nobody published. Two libraries are on npm in other versions than on its host: D3, where 7.9 is
taken, and d3-jetpack, whose `conventions` and `nestBy` are brought to what it calls.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tracer.documents.annotations import Annotations  # noqa: E402
from tracer.documents.exchange.neuronpedia_file import for_neuronpedia  # noqa: E402
from tracer.documents.graph import Graph  # noqa: E402
from tracer.errors import TracerError  # noqa: E402

PACKAGES = ROOT / ".tracer" / "bench-viewer"
VERSION = "0.5.0"
WHEEL = "e457e6558e1c9eb0d3d7c54ce2298492b4e919a4f7f2b8b7e217427284fdc802"
ASSETS = "circuit_tracer/frontend/assets/"
STATIC = "transformer-circuits.pub/2025/attribution-graphs/static_js/lib"
OTHER_HOST = re.compile(r"https://(?=[\w-]+\.[\w.-]+/)")

# d3-jetpack's file is CommonJS; its `nestBy` wants a module that D3 7 no longer has.
JETPACK = """((exports, module, require) => {{ {0}
Object.assign(d3, exports); }})({{}}, {{}}, () => d3);
d3.nestBy = (list, key) =>
  d3.groups(list, key).map(([name, found]) => Object.assign(found, {{key: name}}));
const conventions = d3.conventions;
d3.conventions = (given) => {{
  const c = conventions(given);
  c.drawAxis = (svg) => d3.drawAxis({{...c, svg}});
  return c;
}};
"""


@dataclass(frozen=True)
class Library:
    name: str
    sha256: str
    file: str
    place: str
    form: str = "{0}"


LIBRARIES = (
    Library(
        "d3@7.9.0",
        "7e36605710a2ba54846797c8c6d888911341b215ae53257dc32a49a0b824355e",
        "dist/d3.min.js",
        f"{STATIC}/d3.js",
    ),
    Library(
        "d3-jetpack@2.3.0",
        "53cbbca823b17c4b796ef9735d244af16d3578e79b428c6801d6ddb714bb80e7",
        "build/d3-jetpack.cjs",
        f"{STATIC}/jetpack_2024-07-20.js",
        JETPACK,
    ),
    Library(
        "dagre@0.8.5",
        "ffaf576ea24546aed65aa2bed174d77fe4fbfe7985aa6c4a7cd0293c1994c4ed",
        "dist/dagre.min.js",
        "unpkg.com/dagre@0.8.5/dist/dagre.min.js",
    ),
    Library(
        "pako@2.1.0",
        "49fedc8866b4abfc8e71dc7fe75ad4ef1ff1ac9601b0642cff88ee5bf2338709",
        "dist/pako.min.js",
        "unpkg.com/pako@2.1.0/dist/pako.min.js",
    ),
)
# What reloads pages while they are written, and what reads NumPy's files: no graph needs it.
NOT_NEEDED = (f"{STATIC}/hotserver-client-ws.js", f"{STATIC}/npy_v0.js")


def write_viewer(folder: Path) -> None:
    """Its pages, scripts and libraries. Raises TracerError if they cannot be had."""
    with zipfile.ZipFile(io.BytesIO(_wheel())) as wheel:
        for name in wheel.namelist():
            if name.startswith(ASSETS) and not name.endswith("/"):
                text = OTHER_HOST.sub("./elsewhere/", wheel.read(name).decode())
                _write(folder / name.removeprefix(ASSETS), text)
    for library in LIBRARIES:
        with tarfile.open(fileobj=io.BytesIO(_from_npm(library))) as packed:
            member = packed.extractfile(f"package/{library.file}")
            assert member is not None
            text = library.form.format(member.read().decode())
        _write(folder / "elsewhere" / library.place, text)
    for place in NOT_NEEDED:
        _write(folder / "elsewhere" / place, "")


def write_graphs(folder: Path, graphs: Mapping[str, Graph]) -> None:
    """Each graph as `tracer export` writes it, and the list of them, which says up to which
    influence nodes are drawn: all of them, as in ours."""
    listed = []
    for name, graph in graphs.items():
        text = for_neuronpedia(graph, Annotations()).to_json()
        _write(folder / "graph_data" / f"{name}.json", text)
        highest = max(node.get("influence") or 0 for node in json.loads(text)["nodes"])
        told = {"scan": graph.metadata.scan, "prompt": graph.metadata.prompt}
        listed.append({"slug": name, "node_threshold": highest, **told})
    _write(folder / "data" / "graph-metadata.json", json.dumps({"graphs": listed}))


def _wheel() -> bytes:
    name = f"circuit-tracer=={VERSION}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", name]
    file = PACKAGES / f"circuit_tracer-{VERSION}-py3-none-any.whl"
    return _fetched(name, [*command, "--dest", "."], file, WHEEL)


def _from_npm(library: Library) -> bytes:
    file = PACKAGES / f"{library.name.replace('@', '-')}.tgz"
    command = ["npm", "pack", "--silent", library.name]
    return _fetched(library.name, command, file, library.sha256)


def _fetched(name: str, command: list[str], file: Path, sha256: str) -> bytes:
    if not file.exists():
        PACKAGES.mkdir(parents=True, exist_ok=True)
        try:
            subprocess.run(command, cwd=PACKAGES, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            hint = f"try `{' '.join(command)}`"
            raise TracerError(f"{name} could not be fetched", hint=hint) from error
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        hint = f"delete {file} and try again"
        raise TracerError(f"{name} is not what was measured before", hint=hint)
    return content


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
