"""Whether features belong where they stand: what they leave unexplained of the MLPs on a prompt."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from tracer.documents.trace_figures import Fit
from tracer.documents.trace_info import FeaturesInfo
from tracer.errors import TracerError

NOTHING_GAINED = 1.0  # the mean alone, or nothing at all, would reconstruct as well
NOTEWORTHY = 0.5
FEWEST_TOKENS = 4  # different ones, below which the variance over a prompt says nothing
# Of the mean square: a variance below it is rounding, in half precision.
LEAST_VARIANCE = 1e-4


def measure_fit(
    outputs: Sequence[Tensor], errors: Sequence[Tensor], token_ids: Sequence[int]
) -> Fit | None:
    """`outputs` and `errors` hold a tensor, (n, d_model), of each layer: what its MLP adds to the
    residual stream at the positions that have features, and what of it is left unexplained;
    `token_ids` are those positions'. None where there are no such positions.

    Raises TracerError where the numbers overflow.
    """
    if not token_ids:
        return None
    spread = len(set(token_ids)) >= FEWEST_TOKENS
    shares = [_share(*pair, spread=spread) for pair in zip(outputs, errors, strict=True)]
    return Fit(
        unexplained=tuple(shares),
        positions=len(token_ids),
        against="variance" if spread else "mean square",
    )


def _share(output: Tensor, error: Tensor, *, spread: bool) -> float | None:
    output, error = output.float(), error.float()
    n = len(output)
    power = output.pow(2).sum() / n
    against = power
    if spread:
        variance = (output - output.mean(0)).pow(2).sum() / (n - 1)
        against = torch.maximum(variance, LEAST_VARIANCE * power)
    if against == 0:
        return None
    share = float(error.pow(2).sum() / n / against)
    if not torch.isfinite(torch.tensor(share)):
        raise TracerError(
            "what the features write is too large to compute with",
            hint="trace with `precision: float32`, or check that the set was made for this model",
        )
    return share


def refuse_unfit(info: FeaturesInfo, fit: Fit | None) -> None:
    """Raises TracerError where half of the layers or more are reconstructed no better than without
    any feature."""
    if fit is None or fit.median is None or fit.median < NOTHING_GAINED:
        return
    trivial = "their mean" if fit.against == "variance" else "nothing at all"
    raise TracerError(
        f"these features do not belong here: on this prompt `{info.source}` leaves "
        f"{fit.median:.2f} of what the MLPs write unexplained (FVU, median over layers; with 1 it "
        f"is no better than {trivial}); worst are {_listed(fit.worst())}",
        hint="check that the set was made for this model, the order of its layers, and its hooks "
        "(`feature_input_hook`, `feature_output_hook` in config.yaml); `allow_misfit: true` "
        "(`--allow-misfit`) traces all the same",
    )


def without(fit: Fit, left_out: Sequence[int]) -> Fit:
    """The fit of a set that has nothing for some layers, which are not judged."""
    if not left_out:
        return fit
    kept = [None if layer in left_out else one for layer, one in enumerate(fit.unexplained)]
    return fit.model_copy(update={"unexplained": tuple(kept), "left_out": tuple(left_out)})


def fit_notices(fit: Fit | None) -> list[str]:
    """What is worth a word where features are not refused."""
    told = []
    if fit is not None and fit.left_out:
        told.append(
            f"the set has no features for layers {', '.join(map(str, fit.left_out))}: all that "
            "their MLPs write is error"
        )
    if fit is None or fit.median is None:
        return told
    if fit.median >= NOTEWORTHY:
        told.append(
            f"the features leave {fit.median:.2f} of what the MLPs write unexplained (FVU, median "
            "over layers)"
        )
    if worst := fit.worst(NOTHING_GAINED):
        told.append(
            f"these layers are reconstructed no better than without features: {_listed(worst)}; "
            "check that the set was made for this model"
        )
    return told


def _listed(worst: Sequence[tuple[int, float]]) -> str:
    return ", ".join(f"layer {layer} (FVU {share:.2f})" for layer, share in worst)
