"""Documents that nobody would write by accident: valid ones, changed for the worse."""

from __future__ import annotations

import re
import resource
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from hypothesis import strategies as st

from tests.readers import Reader
from tracer.errors import TracerError

HOSTILE = Path(__file__).parent / "data" / "hostile"
SECONDS = 2.0
LARGEST = 50_000  # bytes; a page takes time in proportion to its text, 8 s a megabyte
MEBIBYTES = 512
_SCALAR = re.compile(rb'"(?:[^"\\]|\\.){0,200}"|-?\d[\d.eE+-]*|[A-Za-z_][\w-]*')
VALUES: tuple[bytes, ...] = (
    *(b"NaN", b"Infinity", b"-Infinity", b".inf", b".nan", b"1e999", b"-1E+0999", b"-0", b"-0.0"),
    *(b"0", b"-1", b"1.5", b"1e308", b"4294967296", b"18446744073709551616", b"9" * 400),
    *(b"9" * 5000, b"0x" + b"f" * 400, b"null", b"true", b'""', b"''", b"[]", b"{}", b"~", b"No"),
    *(rb'"\ud800"', rb'"\udc00\ud800"', rb'"\u0000"', b"\0", b'"\x1b[31m"', b'"a\nb"', b"\xff"),
    *(b"[" * 900 + b"]" * 900, b"{" * 40, b"- " * 40, b"!!python/name:os.system", b"&a", b"*a"),
    *(b'{"a":1,"a":2}', b'"' + b"x" * 20_000 + b'"', b"y" * 2000, b"[0," * 30, b'":",' * 3),
    *(b"%TAG ! a\n", b"---\n", b"...\n", b"\t", b"\r", "\u2028\ufeff\u202e".encode(), b"<!--"),
    *(b"https://[", b"../../etc", b"//", b"~nobody/x", b"a" * 300 + b"/b", b"%00", b"%ff"),
    *(b"'O'", b"'>f4'", b"'<f16'", b"(-1, 4)", b"(0, 4)", b"(1e3,)", b"(" * 200, b"[[0, 2**70]]"),
)


def mutated(reader: Reader) -> st.SearchStrategy[bytes]:
    """Raw bytes now and then; else one of the reader's seeds, changed at one to four places."""
    changes = st.lists(st.sampled_from((_value, _value, _flip, _cut, _twice, _insert)), max_size=4)

    def make(seed: bytes, steps: list[object], number: int) -> bytes:
        random = Random(number)
        for step in steps:
            seed = step(seed, random)  # type: ignore[operator]
        return seed[:LARGEST]

    numbers = st.integers(0, 2**32)
    changed = st.builds(make, st.sampled_from(reader.seeds), changes, numbers)
    return st.one_of(changed, changed, changed, st.binary(max_size=200))


def _value(case: bytes, random: Random) -> bytes:
    """One word, number or text replaced."""
    places = list(_SCALAR.finditer(case))
    if not places:
        return _insert(case, random)
    one = random.choice(places)
    return case[: one.start()] + random.choice(VALUES) + case[one.end() :]


def _flip(case: bytes, random: Random) -> bytes:
    if not case:
        return case
    at = random.randrange(len(case))
    return case[:at] + bytes([random.randrange(256)]) + case[at + 1 :]


def _cut(case: bytes, random: Random) -> bytes:
    start, end = sorted(random.randrange(len(case) + 1) for _ in range(2))
    return case[:start] + case[end:] if random.random() < 0.5 else case[:end]


def _twice(case: bytes, random: Random) -> bytes:
    start, end = sorted(random.randrange(len(case) + 1) for _ in range(2))
    return case[:end] + case[start:end] * random.choice((1, 1, 2, 30)) + case[end:]


def _insert(case: bytes, random: Random) -> bytes:
    at = random.randrange(len(case) + 1)
    return case[:at] + random.choice(VALUES) + case[at:]


@dataclass(frozen=True)
class Outcome:
    """What reading a case came to: `fault` is what must not be, `said` what a person was told."""

    fault: str | None
    said: str | None = None


def outcome(reader: Reader, case: bytes) -> Outcome:
    """Reads it; a fault is anything but a return or a TracerError of plain lines, in bounds."""
    most, start = _peak(), time.process_time()
    try:
        reader.read(case)
        said = None
    except TracerError as error:
        said = str(error)
    except Exception as error:
        return Outcome(f"{type(error).__name__}: {error}"[:300])
    seconds, grown = time.process_time() - start, _peak() - most
    if seconds > SECONDS:
        return Outcome(f"{seconds:.1f} s", said)
    if grown > MEBIBYTES:
        return Outcome(f"{grown:,} MiB", said)
    if said is not None and not all(line.strip() for line in said.split("\n")):
        return Outcome(f"says nothing on a line: {said[:100]!r}", said)
    return Outcome(None, said)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
