"""`tracer verify` of sets: halves exchanged, and claims in every row, run and written down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from tracer.batch.report import Bars, plain_console
from tracer.batch.sources import Sources
from tracer.batch.versions import versions_of
from tracer.documents.enclosure import is_there
from tracer.documents.lock import held
from tracer.documents.prompt_set import PromptSet
from tracer.documents.prompts import PromptList, load_planned
from tracer.documents.set_account import SetAccount, SetNeuron
from tracer.documents.set_claims import (
    SetAnnotations,
    SetClaim,
    load_set_annotations,
    resolve_group,
    set_claim_hash,
)
from tracer.documents.set_evidence import (
    Halves,
    HalvesExchanged,
    SetEvidence,
    evidence_of,
    set_evidence_file,
)
from tracer.documents.set_folder import SetFolder
from tracer.documents.trace_settings import Device
from tracer.documents.yaml_source import YamlSource
from tracer.errors import Place, TracerError
from tracer.interventions.set_claims import try_in_rows
from tracer.interventions.set_exchange import exchange_halves
from tracer.interventions.set_prompts import SetPrompt, apart_prompts, set_prompts
from tracer.interventions.targets import targets_of
from tracer.model.load import load_model
from tracer.model.third_party import third_party

Found = TypeVar("Found")
HALVES: tuple[Halves, ...] = ("kin", "rows")


def set_slugs(root: Path) -> list[str]:
    """The sets of a gallery that are traced."""
    return SetFolder(root / "sets").slugs()


def verify_sets(
    root: Path,
    slugs: Sequence[str],
    *,
    force: bool = False,
    device: Device = "auto",
    console: Console | None = None,
) -> int:
    """Run what has no evidence yet, or with `force` everything. What was found is on disk at once,
    so an interrupted run goes on where it stopped. Returns the exit status: 0, 1 if something
    failed or a claim does not hold in as many rows as it says, 130 if interrupted.
    """
    console = console or plain_console(stderr=True)
    folder, status = SetFolder(root / "sets"), 0
    with held(folder.root / ".evidence.lock", "verifies sets here"):
        for slug in slugs:
            try:
                status |= _Set.of(root, folder, slug, device, console).verify(force=force)
            except KeyboardInterrupt:
                console.print("interrupted; run the same command to go on where it stopped")
                return 130
            except TracerError as error:
                console.print("error:", style="bold red", end=" ")
                told = "\n".join(f"{slug}: {one}" for one in error.problems)
                console.print(told, markup=False, highlight=False, soft_wrap=True)
                status = 1
    return status


@dataclass(frozen=True)
class _Set:
    """One set, its newest account, and what people say about it."""

    account: SetAccount
    file: Path
    said: SetAnnotations
    source: YamlSource | None
    prompts: PromptList
    meant: PromptSet
    device: Device
    console: Console

    @staticmethod
    def of(root: Path, folder: SetFolder, slug: str, device: Device, console: Console) -> _Set:
        """Raises TracerError or Problems for what is not there or not valid."""
        revision = folder.revisions(slug)[-1]
        listed = root / "site_src" / "prompts.yaml"
        prompts = load_planned(listed)
        meant = prompts.prompt_set(slug)
        if meant is None:
            what, hint = f"the set `{slug}` is not on the prompt list", "put it there again"
            raise TracerError(what, hint=hint, place=Place(listed))
        file = root / "site_src" / "sets" / f"{slug}.yaml"
        said, source = load_set_annotations(file) if is_there(file) else (SetAnnotations(), None)
        account = folder.load(slug, revision)
        return _Set(
            account, folder.path(slug, revision), said, source, prompts, meant, device, console
        )

    def verify(self, *, force: bool) -> int:
        evidence = evidence_of(self.file, self.account.id)
        claims = [(one, *self._meant(at, one)) for at, one in enumerate(self.said.claims)]
        todo_halves = [
            one for one in HALVES if force or evidence is None or evidence.exchange(one) is None
        ]
        todo = [
            (claim, neurons, mark)
            for claim, neurons, mark in claims
            if force or evidence is None or evidence.of(mark, name=claim.id) is None
        ]
        failed = 0
        with Bars(self.console, total=len(todo_halves) + len(todo), of=self.account.slug) as bars:
            if todo_halves or todo:
                rows = self._rows(bars)
                for claim, neurons, mark in todo:
                    failed += not self._try(claim, neurons, rows, mark, bars)
                for halves in todo_halves:
                    for found in self._halves(rows, halves, bars):
                        self._write(SetEvidence.with_exchange, found)
                        bars.ended(f"{self.account.slug}, {_said(found)}")
        return self._close() | int(failed > 0)

    def _try(
        self,
        claim: SetClaim,
        neurons: Sequence[SetNeuron],
        rows: Sequence[SetPrompt],
        mark: str,
        bars: Bars,
    ) -> bool:
        """Whether it could be run; if not, why is told, and the others go on."""
        say = partial(bars.phase, self.account.slug, claim.id)
        try:
            with third_party(f"`{claim.id}` cannot be run"):
                tried = try_in_rows(claim, neurons, rows, mark=mark, say=say)
        except TracerError as error:
            told = f"{self.account.slug}, {claim.id}: {error}"
            self.console.print("error:", style="bold red", end=" ")
            self.console.print(told, markup=False, highlight=False, soft_wrap=True)
            return False
        self._write(SetEvidence.with_claim, tried)
        bars.ended()
        return True

    def _close(self) -> int:
        """What became of each claim, and whether one contradicts its author."""
        evidence, status = evidence_of(self.file, self.account.id), 0
        for at, claim in enumerate(self.said.claims):
            found = evidence.of(self._meant(at, claim)[1]) if evidence else None
            if found is None:
                continue
            low, high = found.interval
            contradicts = (found.verdict(claim.at_least) == "holds") != (claim.holds is not False)
            told = (
                f"{self.account.slug}, {claim.id}: {found.held} of {len(found.rows)} rows "
                f"[{low:.2f}, {high:.2f}], {found.verdict(claim.at_least)}"
            )
            self.console.print(told, markup=False, highlight=False, soft_wrap=True)
            if contradicts:
                status = 1
                what = f"{self.account.slug}: the claim `{claim.id}` is not as said"
                self.console.print("error:", style="bold red", end=" ")
                self.console.print(
                    f"{what}; change it, or say `holds: false` and why", markup=False
                )
        return status

    def _meant(self, at: int, claim: SetClaim) -> tuple[list[SetNeuron], str]:
        """Its neurons and its hash. Raises TracerError with file:line:col."""
        try:
            neurons = resolve_group(claim, self.said, self.account)
        except TracerError as error:
            place = self.source.place(("claims", at)) if self.source else None
            raise TracerError(error.message, hint=error.hint, place=place) from None
        return neurons, set_claim_hash(claim, [one.id for one in neurons], self.account.id)

    def _rows(self, bars: Bars) -> list[SetPrompt]:
        bars.phase(self.account.slug, "loading the model", 0, 1)
        model = load_model(
            self.meant.model, adapter=self.prompts.adapters(self.meant), device=self.device
        )
        if model.info.identity != self.account.model.identity:
            what = f"the set was traced with other weights than `{model.info.full_name}` has now"
            raise TracerError(what, hint="trace it again")
        found = Sources().features(
            self.meant.features,
            model_source=model.source_name,
            model_identity=model.info.identity,
        )
        bars.phase(self.account.slug, "running the rows", 0, 1)
        return set_prompts(self.account, model, targets_of(model, found))

    def _halves(
        self, rows: Sequence[SetPrompt], halves: Halves, bars: Bars
    ) -> Iterator[HalvesExchanged]:
        """None where the set is too small to be split so, which is no fault of anybody's."""
        say = partial(bars.phase, self.account.slug, f"halves by {halves}")
        try:
            seed = int(self.account.id[:8], 16)
            with third_party("the halves cannot be exchanged"):
                apart = apart_prompts(self.account, rows) if halves == "kin" else []
                yield exchange_halves(rows, halves, seed=seed, apart=apart, say=say)
        except TracerError as error:
            self.console.print(f"{self.account.slug}: {error.message}", style="dim")

    def _write(self, put: Callable[[SetEvidence, Found], SetEvidence], found: Found) -> None:
        evidence = evidence_of(self.file, self.account.id)
        versions = versions_of(self.meant.precision)
        evidence = evidence or SetEvidence(set_id=self.account.id, versions=versions)
        changed = put(evidence.model_copy(update={"versions": versions}), found)
        order = [one.id for one in self.said.claims]
        claims = sorted(
            (one for one in changed.claims if one.id in order), key=lambda one: order.index(one.id)
        )
        changed.model_copy(update={"claims": tuple(claims)}).save(set_evidence_file(self.file))


def _said(found: HalvesExchanged) -> str:
    at = found.at
    return (
        f"halves by {found.halves}: {at} neurons move {found.mean('enough', at):.2f} of the lead "
        f"in {len(found.pairs)} pairs, controls {found.controls('enough'):.2f}"
    )
