"""Whether heat lies on burned-in text or lead markers because they are there: the same place without one beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.explain.sanity.localization import picture
from core.explain.sanity.randomization import Explain, stack_maps
from core.explain.sanity.regions import Mask, find_burned_in_text, grown, share, stretched
from core.explain.sanity.similarity import MeanWithInterval

if TYPE_CHECKING:
    from core.inference import LoadedModel
    from core.training.examples import Example

LOOKED, ENOUGH, FEWEST = 400, 32, 4  # pictures looked through, cases with and without, and of each at least
CLASSES, SURE = 4, 0.01  # classes at most, and the p from which marks are flagged
Json = dict[str, Any]
Shares = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class OnMarks:
    """Of one class: each map's share of heat on marks, and at the same places of pictures that have none there."""

    class_index: int
    marked: Shares
    absent: Shares

    @property
    def p(self) -> float:
        """The chance of as much more by chance alone (Mann and Whitney 1947, one-sided); shares are far from normal."""
        from scipy.stats import mannwhitneyu

        marked, absent = ([one for one in each if one is not None] for each in (self.marked, self.absent))
        return float(mannwhitneyu(marked, absent, alternative="greater").pvalue) if marked and absent else 1.0

    @property
    def more(self) -> float:
        """How much more of the heat."""
        return (MeanWithInterval.of(self.marked).value or 0.0) - (MeanWithInterval.of(self.absent).value or 0.0)

    def flagged(self, tested: int) -> bool:
        """Whether marks draw heat: more than their places do without them, corrected for the classes looked at."""
        return self.more > 0 and self.p * tested < SURE


def of_marks(model: "LoadedModel", every: "Sequence[Example]", explain: Explain, classes: Sequence[str]) -> Json:
    """Over the cases' own pictures; `classes` are what people call the answers."""
    marked, plain = _parted(model, every)
    if min(len(marked), len(plain)) < FEWEST:
        return {"flagged": False, "with": len(marked), "classes": [], "words": _none(len(marked))}
    count = min(model.manifest.heads[0].answers, CLASSES)
    by_class = [_of_class(model, marked, plain, explain, at) for at in range(count)]
    worst = max(by_class, key=lambda result: (result.flagged(count), result.more))
    rows = [
        {
            "class": result.class_index,
            "with": MeanWithInterval.of(result.marked).to_json(),
            "without": MeanWithInterval.of(result.absent).to_json(),
            "p": result.p,
        }
        for result in by_class
    ]
    return {
        "flagged": worst.flagged(count),
        "with": len(marked),
        "classes": rows,
        "words": _sentence(worst, classes, len(plain), flagged=worst.flagged(count)),
    }


def _parted(model: "LoadedModel", every: "Sequence[Example]") -> "tuple[list[tuple[Example, Mask]], list[Example]]":
    """Cases with their marks, and cases without."""
    marked, plain = list[tuple["Example", Mask]](), list["Example"]()
    for example in every[:LOOKED]:
        marks = find_burned_in_text(picture(model, example, 0), None)
        if marks.any() and len(marked) < ENOUGH:
            marked.append((example, grown(marks, max(1, marks.shape[0] // 32))))
        elif not marks.any() and len(plain) < ENOUGH:
            plain.append(example)
        if len(marked) == len(plain) == ENOUGH:
            break
    return marked, plain


def _of_class(
    model: "LoadedModel",
    marked: "Sequence[tuple[Example, Mask]]",
    plain: "Sequence[Example]",
    explain: Explain,
    class_index: int,
) -> OnMarks:
    on_marks = [_share(model, one, mask, explain, class_index) for one, mask in marked]
    lent = [marked[at % len(marked)][1] for at in range(len(plain))]
    absent = [_share(model, one, mask, explain, class_index) for one, mask in zip(plain, lent, strict=True)]
    return OnMarks(class_index, on_marks, absent)


def _share(model: "LoadedModel", example: "Example", mask: Mask, explain: Explain, class_index: int) -> float | None:
    values = stack_maps(explain(model, example, class_index))
    return share(stretched(values if values.ndim == 2 else values[0], mask.shape), mask)


def _sentence(worst: OnMarks, classes: Sequence[str], plain: int, *, flagged: bool) -> str:
    name = f" for {classes[worst.class_index]}" if worst.class_index < len(classes) else ""
    verdict = "Text or markers attract the maps" if flagged else "No evidence that text or markers attract the maps"
    marked, absent = (100 * (MeanWithInterval.of(one).value or 0.0) for one in (worst.marked, worst.absent))
    return (
        f"{verdict}{name}: in {len(worst.marked)} images with text or a marker, {marked:.1f} % of the map lies on it; "
        f"in {plain} images without, {absent:.1f} % lies at the same places (p {worst.p:.2g})."
    )


def _none(marked: int) -> str:
    few = f"only {marked} of" if marked else "none of"
    return f"Text or a marker was detected in {few} the examined images: too few to test whether they attract the maps."
