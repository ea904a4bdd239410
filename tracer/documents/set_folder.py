"""`sets/<slug>/`: where accounts of sets lie, beside `graphs/`, and what is kept of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from pydantic import ValidationError

from tracer.documents.enclosure import enclose_folder, is_there, names_in
from tracer.documents.files import MAX_GRAPH_BYTES, read_bytes, write_atomically
from tracer.documents.json_text import decode
from tracer.documents.references import check_slug
from tracer.documents.revisions import revision_numbers
from tracer.documents.set_account import RowAccount, SetAccount, StoredSet, load_set
from tracer.errors import TracerError

ROWS = ".rows"  # of a set that is not finished


@dataclass(frozen=True)
class SetFolder:
    """A folder of sets, kept in version control."""

    root: Path

    def __post_init__(self) -> None:
        enclose_folder(self.root)

    def slugs(self) -> list[str]:
        """Every slug that has at least one revision, sorted."""
        return [name for name in names_in(self.root).folders if self.revisions(name)]

    def revisions(self, slug: str) -> list[int]:
        return revision_numbers(names_in(self.root / slug).files)

    def latest(self, slug: str) -> int | None:
        found = self.revisions(slug)
        return found[-1] if found else None

    def path(self, slug: str, revision: int) -> Path:
        """Raises ValueError for a slug that would leave the folder."""
        return self.root / check_slug(slug) / f"{revision}.json"

    def load(self, slug: str, revision: int) -> SetAccount:
        """Raises TracerError when the file is missing, cut short or no account of a set."""
        return load_set(self.path(slug, revision))

    def stored(self, slug: str, revision: int) -> StoredSet:
        return StoredSet(self.path(slug, revision))

    def write(self, account: SetAccount) -> int:
        """As the set's next revision. Raises TracerError when it cannot be written."""
        revision = (self.latest(account.slug) or 0) + 1
        write_atomically(self.path(account.slug, revision), account.to_json())
        return revision

    def rewrite(self, account: SetAccount, revision: int) -> None:
        """The same account with more told of it. Raises TracerError when it cannot be written."""
        write_atomically(self.path(account.slug, revision), account.to_json())

    def row_file(self, slug: str, graph_id: str) -> Path:
        return self.root / check_slug(slug) / ROWS / f"{graph_id[:20]}.json"

    def row(self, slug: str, graph_id: str) -> RowAccount | None:
        """What an unfinished run left of a row; None where there is none, or none that is whole."""
        file = self.row_file(slug, graph_id)
        if not is_there(file):
            return None
        try:
            raw = read_bytes(file, max_bytes=MAX_GRAPH_BYTES)
            found = RowAccount.model_validate(decode(raw, file, hint="trace it again"))
        except (ValidationError, TracerError):
            return None
        return found if found.graph_id == graph_id else None

    def keep_row(self, slug: str, row: RowAccount) -> None:
        write_atomically(self.row_file(slug, row.graph_id), row.model_dump_json())

    def forget_rows(self, slug: str) -> None:
        """Once the set is written they are all in it."""
        rmtree(self.root / check_slug(slug) / ROWS, ignore_errors=True)
