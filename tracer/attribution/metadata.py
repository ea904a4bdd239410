"""What a graph document says of itself: what was asked, of what model, with which settings."""

from __future__ import annotations

from typing import Any

from tracer.attribution.question import graph_id
from tracer.attribution.traced import Traced
from tracer.documents.graph import Metadata
from tracer.documents.trace_info import FORMAT, TracerInfo


def metadata_of(attribution: Traced, slug: str, **found: Any) -> Metadata:
    """`found` are the fields of `TracerInfo` that one kind of graph has: counts, scores, the
    account."""
    frozen, ask, settings = attribution.frozen, attribution.ask, attribution.settings
    info = TracerInfo(
        format=FORMAT,
        graph_id=graph_id(
            ask,
            model_identity=frozen.model.info.identity,
            features=attribution.features_info.identity,
            settings=settings,
        ),
        model=frozen.model.info,
        features=attribution.features_info,
        question=attribution.targets.question,
        token_ids=ask.token_ids,
        chat=ask.chat,
        answers=attribution.targets.answers,
        settings=settings,
        fit=attribution.fit,
        **found,
    )
    return Metadata(
        slug=slug,
        scan=frozen.model.info.full_name,
        prompt_tokens=tuple(map(frozen.model.tokenizer.text, ask.token_ids)),
        prompt=ask.prompt,
        tracer=info,
        **_foreign(attribution),
    )


def _foreign(attribution: Traced) -> dict[str, Any]:
    """As circuit-tracer writes it."""
    settings = attribution.settings
    return {
        "schema_version": 1,
        "node_threshold": settings.node_threshold,
        "info": {"generator": {"name": "tracer"}},
        "generation_settings": {
            "max_n_logits": settings.max_logits,
            "desired_logit_prob": settings.logit_mass,
        },
        "pruning_settings": {
            "node_threshold": settings.node_threshold,
            "edge_threshold": settings.edge_threshold,
        },
    }
