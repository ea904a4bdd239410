"""A claim's own variant of a prompt's run and its controls, whatever is done in them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tracer.interventions.knock_out import KnockOut
from tracer.interventions.steer import continuation
from tracer.interventions.steered_pass import Run, Setting, SteeredPrompt


class Variants(ABC):
    """The first is the claim's own."""

    prompt: SteeredPrompt

    @abstractmethod
    def own(self, *, watch: Iterable[int] = ()) -> Run:
        """The claim's own run, alone as `steer` runs it."""

    @abstractmethod
    def controls(self, *, watch: Iterable[int] = ()) -> Iterator[Run]:
        """Runs of several controls each, in order."""

    @abstractmethod
    def continuations(self, tokens: int) -> Iterator[str]:
        """What the model goes on to say in each, greedily."""


@dataclass(frozen=True)
class SetVariants(Variants):
    """Features are set."""

    prompt: SteeredPrompt
    variants: Sequence[Sequence[Setting]]

    def own(self, *, watch: Iterable[int] = ()) -> Run:
        return self.prompt.run(self.variants[0], watch=watch)

    def controls(self, *, watch: Iterable[int] = ()) -> Iterator[Run]:
        return self.prompt.runs(self.variants[1:], watch=watch)

    def continuations(self, tokens: int) -> Iterator[str]:
        for one in self.variants:
            yield continuation(self.prompt, one, tokens, None)


@dataclass(frozen=True)
class KnockedOutVariants(Variants):
    """Heads do not look somewhere."""

    prompt: SteeredPrompt
    variants: Sequence[Sequence[KnockOut]]

    def own(self, *, watch: Iterable[int] = ()) -> Run:
        return next(self.prompt.runs_without(self.variants[:1], watch=watch))

    def controls(self, *, watch: Iterable[int] = ()) -> Iterator[Run]:
        return self.prompt.runs_without(self.variants[1:], watch=watch)

    def continuations(self, tokens: int) -> Iterator[str]:
        for one in self.variants:
            yield continuation(self.prompt, (), tokens, None, one)
