"""One feature's page: what its template asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from tracer.documents.feature_examples import Example, FeatureExamples
from tracer.site.features.general import Across, GeneralFeature, Head, feature_folder
from tracer.site.features.records import number, peak
from tracer.site.features.standings import Standing
from tracer.site.prose.node_links import node_link
from tracer.site.wording.amounts import amount
from tracer.site.wording.percent import percent
from tracer.site.wording.tokens import visible, written_out

SHADES = 5
AROUND = 24  # tokens shown on each side of the strongest
AT_FIRST = 5  # texts of a range; the others unfold
MOST_WORDS = 10
MOST_ASKED = 2000  # letters of a question
MOST_TEXTS = 20  # names of what was read
MOST_SORTS = 6  # of texts where it is strongest
MOST_TOLD = 24  # graphs with their account; of the others the name
MOST_EXAMPLES = 40  # of a range: a record from elsewhere may hold thousands
_BARS = 60
_PART_OF_A_LETTER = "\ufffd"  # as bytes are written that are no letter alone


@dataclass(frozen=True)
class Piece:
    """Tokens of a text shaded alike; `classes` is empty where the feature is not active."""

    text: str
    classes: str = ""
    amount: str = ""


@dataclass(frozen=True)
class Text:
    """A text around where the feature is most active."""

    pieces: tuple[Piece, ...]
    cut_before: bool
    cut_after: bool


@dataclass(frozen=True)
class Range:
    """Texts of one range of activations."""

    name: str
    first: tuple[Text, ...]
    more: tuple[Text, ...]


@dataclass(frozen=True)
class Bar:
    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True)
class Histogram:
    bars: tuple[Bar, ...]
    low: str
    high: str


@dataclass(frozen=True)
class FeaturePage:
    """`record` is what is known of the feature in general, where anybody has looked."""

    feature: GeneralFeature
    record: FeatureExamples | None

    @property
    def root(self) -> str:
        return "../" * self.feature.folder.count("/")

    @property
    def noun(self) -> str:
        return self.feature.noun[:-1]

    @property
    def both_sides(self) -> bool:
        """A neuron is active above zero or below, where it does the contrary."""
        return self.noun == "neuron"

    @property
    def heading(self) -> str:
        return self.feature.called.text or self.feature.title

    @property
    def standing(self) -> str:
        """In how many graphs, in words."""
        one, of = self.feature.graphs, self.feature.of
        graphs = "graph" if of == 1 else "graphs"
        if one == of:
            return "the only graph" if of == 1 else f"all {of} graphs"
        return f"{one} of {of} {graphs}"

    @property
    def asked(self) -> str | None:
        """The question that a language model answered with the name, where one did."""
        named = self.record.suggestion if self.record else None
        if self.feature.called.kind != "suggested" or named is None or not named.by:
            return None
        return named.prompt[:MOST_ASKED] if named.prompt else None

    @property
    def spellings(self) -> str:
        """One word by which the search finds it; see `assets/site/search.js`."""
        return f"L{self.feature.layer}N{self.feature.number}"

    @property
    def promoted(self) -> tuple[str, ...]:
        return self._logits(self.record.top_logits if self.record else ())

    @property
    def suppressed(self) -> tuple[str, ...]:
        return self._logits(self.record.bottom_logits if self.record else ())

    @cached_property
    def ranges(self) -> tuple[Range, ...]:
        return tuple(self._ranges())

    @property
    def frequency(self) -> str | None:
        found = self.record.activation_frequency if self.record else None
        return None if found is None else percent(found)

    @property
    def strong(self) -> str | None:
        """The share of tokens at which it is at least half as strong as at its strongest."""
        found = self.record.frequency if self.record else None
        return None if found is None else percent(found, tenths=True)

    @property
    def shares(self) -> list[tuple[str, str, str]]:
        """Of what sort the texts are where it is strongest, and of what sort all texts are."""
        found = self.record.shares if self.record else ()
        return [
            (
                f"{one.language or 'no one language'}, {one.kind}"[:40],
                percent(one.share),
                percent(one.of_texts),
            )
            for one in found[:MOST_SORTS]
        ]

    @property
    def found_in(self) -> str | None:
        found = self.record.found_in if self.record else None
        if found is None or not found.texts:
            return None
        if isinstance(found.texts, int):
            texts = f"{found.texts:,} texts"
        else:
            texts = ", ".join(found.texts[:MOST_TEXTS])
        return f"Found in {found.tokens:,} tokens of {texts}."

    @cached_property
    def histogram(self) -> Histogram | None:
        return _histogram(self.record) if self.record else None

    @property
    def told(self) -> tuple[tuple[Head, Standing], ...]:
        return self.feature.places[:MOST_TOLD]

    @property
    def more_graphs(self) -> tuple[tuple[Head, Standing], ...]:
        return self.feature.places[MOST_TOLD:]

    @property
    def public_pages(self) -> list[str]:
        found = (standing.page for _, standing in self.feature.places)
        return list(dict.fromkeys(one for one in found if one))[:3]

    def graph_address(self, head: Head, standing: Standing) -> str:
        """The graph's page with this feature selected."""
        link = node_link([one.node for one in standing.spots])["href"]
        return f"{self.root}graphs/{head.slug}/{link}"

    def address(self, across: Across) -> str:
        return self.root + feature_folder(self.feature.source, across.key)

    def amount(self, value: float | None) -> str:
        return "" if value is None else amount(value)

    def _logits(self, tokens: Sequence[str]) -> tuple[str, ...]:
        shown = (visible(token) for token in tokens if token.strip(_PART_OF_A_LETTER))
        return tuple(islice(shown, MOST_WORDS))

    def _ranges(self) -> Iterator[Range]:
        if self.record is None:
            return
        named = self.record.suggestion
        below_first = named is not None and bool(named.below)
        quantiles = sorted(
            self.record.examples_quantiles, key=lambda one: bool(one.below) != below_first
        )
        most = max(
            (
                abs(act)
                for one in quantiles
                for example in one.examples
                for act in example.tokens_acts_list
            ),
            default=0.0,
        )
        for one in quantiles:
            shown = [example for example in one.examples[:MOST_EXAMPLES] if example.tokens]
            texts = [_text(example, most, below=bool(one.below)) for example in shown]
            if texts:
                yield Range(one.quantile_name, tuple(texts[:AT_FIRST]), tuple(texts[AT_FIRST:]))


def plain_number(value: float) -> str:
    """Three digits that count, with a true minus."""
    return f"{value:.3g}".replace("-", "−")


def _text(example: Example, most: float, *, below: bool) -> Text:
    at = peak(example, below=below)
    start, end = max(0, at - AROUND), min(len(example.tokens), at + AROUND + 1)
    pieces: list[Piece] = []
    plain = ""
    for place in range(start, end):
        act = example.tokens_acts_list[place]
        text = example.tokens[place]
        text = written_out(text) if text.strip(" ") else text
        shade = round(SHADES * abs(act) / most) if most else 0
        strongest = place == at and act != 0
        if not shade and not strongest:
            plain += text
            continue
        if plain:
            pieces.append(Piece(plain))
            plain = ""
        classes = [f"act-{max(shade, 1)}", *(["below"] if act < 0 else [])]
        pieces.append(
            Piece(
                text, " ".join([*classes, *(["strongest"] if strongest else [])]), plain_number(act)
            )
        )
    if plain:
        pieces.append(Piece(plain))
    if pieces and not pieces[0].classes:
        pieces[0] = Piece(pieces[0].text.lstrip(" "))
    return Text(tuple(pieces), start > 0, end < len(example.tokens))


def _histogram(record: FeatureExamples) -> Histogram | None:
    counts, high = record.histogram, number(record.act_max)
    if not counts or high is None:
        return None
    step = -(-len(counts) // _BARS)
    sums = [sum(counts[at : at + step]) for at in range(0, len(counts), step)]
    most = max(sums)
    if not most > 0:
        return None
    low = number(record.act_min) or 0.0
    bars = tuple(
        Bar(x + 0.1, 0.8, round(20 - 20 * value / most, 2), round(20 * value / most, 2))
        for x, value in enumerate(sums)
        if value > 0
    )
    return Histogram(bars, plain_number(low), plain_number(high))
