"""A name for a feature by rule, and how well it tells where the feature is strong.

A name is something that is so at most places where the feature is strongest and at few others
(`conditions.py`): the token there, the words before it, the one behind it, what sort of text it is;
at most so many values of one kind, and at most one thing more that must be so too. In late layers,
where nothing of the sort is clear, it is what the feature promotes, if that is what follows. It is
chosen on places of texts that were read and tried on others, so what holds by chance alone is told
by a low `auroc`; what tells next to nothing is no name.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tracer.documents.feature_examples import Suggestion
from tracer.interventions.texts.conditions import Condition, Spot, conditions_of
from tracer.interventions.texts.rules import Rule, name_of, origin_of

FEWEST_PLACES = 8  # where it is strong, to say anything
FEWEST_OF_VALUE = 3  # of these at which the same is so
MOST_VALUES = 4
GAIN, GAIN_OF_MORE = 0.06, 0.1  # what another value, and another condition, must add
FEW_WRONG = 8  # places: of fewer, what halves them is told by chance
HOLDS = 0.3  # by so much more of the strong places than of others it holds, or it is no name
CLEAR = 0.6
LATE = 2 / 3  # of the layers; from there on names tell what is pushed where nothing read is clear
PUSHES = 0.65  # the AUROC of what is promoted, as what follows, to be a name
LEAST, CONFIDENT = 0.7, 0.85  # AUROC on places held out: to be shown, and to be relied on
BROAD, TOO_BROAD = 0.1, 0.2  # what holds at more places is no name to rely on, or none at all
FIRST, OF_FIRST = 8, 5  # of the strongest, which readers see first, at least so many must have it
SHOWN = 3  # words of what is pushed
_ORDER = ("word", "is", "after", "before", "shape", "begins", "near", "within", "ends", "text")
_RATHER = 0.03  # to be the next kind in this order

Mask = int  # one bit for each place


@dataclass(frozen=True)
class Places:
    """Places drawn by lot from texts held out, and at which of them each condition holds. Names are
    chosen on half of the contexts and tried on the others."""

    where: Mapping[Condition, Mask]
    chosen_on: Mask
    tried_on: Mask

    @staticmethod
    def of(spots: Sequence[Spot], contexts: Sequence[int]) -> Places:
        even = sum(1 << at for at, context in enumerate(contexts) if context % 2 == 0)
        return Places(masks(spots), even, (1 << len(spots)) - 1 & ~even)


def masks(spots: Sequence[Spot]) -> dict[Condition, Mask]:
    found: dict[Condition, Mask] = defaultdict(int)
    for at, spot in enumerate(spots):
        for condition in conditions_of(spot):
            found[condition] |= 1 << at
    return dict(found)


@dataclass(frozen=True)
class Pushed:
    """What a feature promotes, strongest first, and how much it promotes what follows, at each of
    the strong places, of those tried, and of the places drawn by lot."""

    words: Sequence[str]
    strong: Sequence[float]
    tried: Sequence[float]
    drawn: Sequence[float]


@dataclass(frozen=True)
class Evidence:
    """What is known of a feature on one side of zero: its `strong` places of texts read, those
    `tried` of texts held out, and at which of `Places` it is `quiet`, weaker than at any of these.
    `reads` are words it reads in graphs; `depth` its layer as a share of all."""

    strong: Sequence[Spot]
    tried: Sequence[Spot]
    quiet: Mask
    reads: Collection[str] = ()
    pushed: Pushed | None = None
    depth: float = 0.0
    below: bool = False


def suggest(evidence: Evidence, places: Places) -> Suggestion | None:
    """None where nothing tells the strong places from others."""
    if min(len(evidence.strong), len(evidence.tried)) < FEWEST_PLACES:
        return None
    choice = _Choice(evidence, places)
    rule = choice.best()
    if (pushed := choice.pushed(rule)) is not None:
        words = ", ".join(f"“{word}”" for word in pushed.words[:SHOWN])
        quiet = _values(pushed.drawn, evidence.quiet & places.tried_on)
        auroc = auroc_of(pushed.tried, quiet)
        return _suggestion(evidence, f"pushes {words}", "pushes", auroc, len(quiet))
    if rule is None:
        return None
    quiet_places = evidence.quiet & places.tried_on
    right = share(rule.mask(masks(evidence.tried)), len(evidence.tried))
    wrong = share(rule.mask(places.where) & quiet_places, quiet_places.bit_count())
    if wrong > TOO_BROAD:
        return None
    auroc = (1 + right - wrong) / 2  # a rule says yes or no: where it says the same, half
    name, origin = name_of(rule, choice.written), origin_of(rule, evidence.reads)
    first = rule.mask(masks(evidence.strong[:FIRST])).bit_count()
    sure = wrong <= BROAD and first >= OF_FIRST
    return _suggestion(evidence, name, origin, auroc, quiet_places.bit_count(), sure=sure)


def _suggestion(
    evidence: Evidence, name: str, origin: str, auroc: float, quiet: int, *, sure: bool = True
) -> Suggestion | None:
    if auroc < LEAST:
        return None
    return Suggestion.model_validate(
        {
            "name": name,
            "from": origin,
            "auroc": round(auroc, 3),
            "tried": len(evidence.tried) + quiet,
            "confident": auroc >= CONFIDENT and sure,
            "below": True if evidence.below else None,
        }
    )


def auroc_of(strong: Sequence[float], quiet: Sequence[float]) -> float:
    """The chance that a strong place has the larger value; of equals, half."""
    if not strong or not quiet:
        return 0.5
    ranked = sorted(quiet)
    below = sum(bisect_left(ranked, one) + bisect_right(ranked, one) for one in strong)
    return below / 2 / len(ranked) / len(strong)


def share(mask: Mask, of: int) -> float:
    return mask.bit_count() / of if of else 0.0


def _values(values: Sequence[float], mask: Mask) -> list[float]:
    return [value for at, value in enumerate(values) if mask >> at & 1]


@dataclass(frozen=True)
class _Choice:
    """Looks at `strong` places and at half of those drawn by lot, and at nothing that is tried."""

    evidence: Evidence
    places: Places

    @cached_property
    def strong(self) -> Mapping[Condition, Mask]:
        return masks(self.evidence.strong)

    @cached_property
    def quiet(self) -> Mask:
        return self.evidence.quiet & self.places.chosen_on

    @cached_property
    def written(self) -> dict[str, str]:
        """Words in small letters as they are written most."""
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for spot in self.evidence.strong:
            for word in spot.words:
                found[word.casefold()][word] += 1
        return {small: forms.most_common(1)[0][0] for small, forms in found.items()}

    def best(self) -> Rule | None:
        """The rule that is worth most, if it holds."""
        rules = [self._narrowed(rule) for rule in self._rules()]
        best = max(rules, key=self._worth, default=None)
        return best if best is not None and self.holds(best) >= HOLDS else None

    def pushed(self, rule: Rule | None) -> Pushed | None:
        """What it promotes, where that names it better."""
        found = self.evidence.pushed
        if self.evidence.depth < LATE or found is None or not found.words:
            return None
        holds = self.holds(rule) if rule else 0.0
        tells = auroc_of(found.strong, _values(found.drawn, self.quiet))
        return found if holds < CLEAR and tells >= max(PUSHES, (1 + holds) / 2) else None

    def holds(self, rule: Rule) -> float:
        """At how much more of the strong places than of the others."""
        right = share(rule.mask(self.strong), len(self.evidence.strong))
        return right - self._wrong(rule) / max(self.quiet.bit_count(), 1)

    def _worth(self, rule: Rule) -> float:
        more = GAIN * len(rule.values) + GAIN_OF_MORE * (rule.also is not None)
        return self.holds(rule) - more - _RATHER * _ORDER.index(rule.kind)

    def _rules(self) -> Iterator[Rule]:
        """The best of each kind."""
        by_kind: dict[str, list[Condition]] = defaultdict(list)
        for condition, mask in sorted(self.strong.items()):
            if mask.bit_count() >= FEWEST_OF_VALUE:
                by_kind[condition.kind].append(condition)
        yield from (self._united(conditions) for conditions in by_kind.values())

    def _united(self, conditions: Sequence[Condition]) -> Rule:
        """The best value of a kind, and others that add to it."""
        best = max((Rule((one,)) for one in conditions), key=self.holds)
        while len(best.values) < MOST_VALUES:
            wider = [Rule((*best.values, one)) for one in conditions if one not in best.values]
            found = max(wider, key=self.holds, default=best)
            if self.holds(found) < self.holds(best) + GAIN:
                break
            best = found
        return best

    def _narrowed(self, rule: Rule) -> Rule:
        """The same, or only where something else is so too."""
        others = (
            one
            for one, mask in sorted(self.strong.items())
            if one.kind != rule.kind and mask.bit_count() >= FEWEST_OF_VALUE
        )
        narrow = max((Rule(rule.values, one) for one in others), key=self.holds, default=rule)
        return narrow if self._is_sharper(narrow, rule) else rule

    def _is_sharper(self, narrow: Rule, rule: Rule) -> bool:
        """Whether it holds better by much; or as often, and at half of the other places."""
        gained = self.holds(narrow) - self.holds(rule)
        before, after = self._wrong(rule), self._wrong(narrow)
        lost = before - after - gained * self.quiet.bit_count()  # of the strong places
        halved = before >= FEW_WRONG and after <= before / 2
        return gained >= GAIN_OF_MORE or (halved and lost <= GAIN * self.quiet.bit_count())

    def _wrong(self, rule: Rule) -> int:
        return (rule.mask(self.places.where) & self.quiet).bit_count()
