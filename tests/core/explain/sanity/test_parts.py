"""The parts of the saliency check, each against plain recomputation."""

import numpy as np
import pytest
import torch
from scipy import stats

from core.explain import EXPLAINERS
from core.explain.saliency_map import SaliencyMap, min_max_scale
from core.explain.sanity.burned_in_text import OnMarks
from core.explain.sanity.check import CheckedCase, check
from core.explain.sanity.faithfulness import deletion_insertion
from core.explain.sanity.model_skill import ModelSkill
from core.explain.sanity.pointing_game import pointing_game
from core.explain.sanity.random_weights import cascading_randomization, randomize_all
from core.explain.sanity.randomization import _depends, _sentence
from core.explain.sanity.regions import EDGE, body, find_burned_in_text, grown, heat_by_region, otsu, places, words
from core.explain.sanity.similarity import CELLS, MeanWithInterval, centre, noise, rank_correlation

CHANCE = np.random.default_rng(0)


def chest():
    """A bright body with two dark lungs on a dark ground."""
    rows, columns = np.mgrid[-1 : 1 : EDGE * 1j, -1 : 1 : EDGE * 1j]
    picture = np.full((EDGE, EDGE), 0.04)
    picture[(np.abs(columns) < 0.75) & (rows > -0.8)] = 0.7
    for side in (-0.36, 0.36):
        picture[((columns - side) / 0.24) ** 2 + (rows / 0.5) ** 2 < 1] = 0.25
    return (picture + np.random.default_rng(1).normal(0, 0.01, picture.shape)).clip(0, 1).astype(np.float32)


def lettered(picture):
    """An L in the upper right corner."""
    marked = picture.copy()
    marked[14:40, 226:230] = 0.98
    marked[36:40, 226:242] = 0.98
    return marked


def test_alike_is_spearman_on_the_cells():
    first, second = (CHANCE.random((CELLS, CELLS), dtype=np.float32) for _ in range(2))
    assert rank_correlation(first, second) == pytest.approx(
        stats.spearmanr(first.ravel(), second.ravel()).statistic, abs=1e-9
    )
    assert rank_correlation(first, first) == pytest.approx(1.0)
    assert rank_correlation(first, 1 - first) == pytest.approx(-1.0)
    assert rank_correlation(first, np.zeros((CELLS, CELLS), np.float32)) is None


def test_a_mean_has_student_s_interval():
    values = [0.1, 0.4, None, 0.35, 0.2]
    mean = MeanWithInterval.of(values)
    defined = [one for one in values if one is not None]
    low, high = stats.t.interval(0.95, 3, np.mean(defined), stats.sem(defined))
    assert (mean.value, mean.low, mean.high, mean.n) == pytest.approx((np.mean(defined), low, high, 4))
    assert MeanWithInterval.of([None]).format() == "undefined"
    assert MeanWithInterval.of([0.5]).low is None


def test_otsu_is_the_best_of_all_thresholds():
    values = np.concatenate([CHANCE.normal(0.2, 0.05, 500), CHANCE.normal(0.7, 0.1, 300)]).clip(0, 1)

    def between(at):
        low, high = values[values < at], values[values >= at]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2

    tried = np.linspace(values.min() + 1e-3, values.max() - 1e-3, 400)
    assert between(otsu(values)) > 0.999 * max(between(at) for at in tried)
    assert otsu(np.full(5, 0.3)) is None


def test_the_body_has_its_lungs_and_the_dark_about_it_is_outside():
    inside = body(chest())
    rows, columns = np.mgrid[-1 : 1 : EDGE * 1j, -1 : 1 : EDGE * 1j]
    truth = (np.abs(columns) < 0.75) & (rows > -0.8)
    assert (inside & truth).sum() / (inside | truth).sum() > 0.95
    assert inside[EDGE // 2, round(EDGE * 0.68)]  # in a lung
    assert body(np.full((EDGE, EDGE), 0.5, np.float32)) is None


def test_letters_are_marks_and_ribs_are_not():
    plain = chest()
    assert not find_burned_in_text(plain, body(plain)).any()
    marks = find_burned_in_text(lettered(plain), body(lettered(plain)))
    truth = lettered(plain) > 0.9
    assert (marks & truth).sum() == truth.sum()
    assert not (marks & ~grown(truth, 8)).any()
    striped = plain.copy()
    striped[60:64, 40:216] = 0.98  # as long as a rib
    assert not find_burned_in_text(striped, body(striped)).any()


def test_heat_is_told_by_where_it_lies():
    regions = places(lettered(chest()))
    on = heat_by_region(grown(regions.marks, 2).astype(np.float32), regions)
    assert on.peak_on_mark
    assert on.marks == pytest.approx(1.0)
    assert words(on)[0].startswith("heat on text or a marker (100 %")
    outside = heat_by_region((~regions.body & ~grown(regions.marks, 20)).astype(np.float32), regions)
    assert outside.outside > 0.95
    assert any(one.startswith("heat outside the body") for one in words(outside))
    flat = heat_by_region(np.zeros((7, 7), np.float32), regions)
    assert (flat.outside, flat.marks, flat.spread) == (None, None, 0.0)
    assert words(flat) == ("empty: the method found no relevant region",)
    even = heat_by_region(np.ones((7, 7), np.float32), regions)
    assert any(one.startswith("low contrast") for one in words(even))
    lung = np.zeros((EDGE, EDGE), np.float32)
    lung[110:146, 165:185] = 1
    assert words(heat_by_region(lung, regions)) == ()


def test_hits_have_their_baselines():
    mask = np.zeros((40, 40), bool)
    mask[10:20, 24:36] = True
    inside, beside = np.zeros((7, 7), np.float32), np.zeros((7, 7), np.float32)
    inside[2, 5] = beside[5, 1] = 1
    game = pointing_game([inside, beside, np.zeros((7, 7), np.float32)], [mask] * 3)
    assert (game.n, game.hit) == (3, 1)
    assert game.chance == pytest.approx(mask.mean(), abs=0.06)
    assert game.middle == 0.0
    assert pointing_game([centre((57, 57))], [np.pad(np.ones((4, 4), bool), 8)]).middle == 1.0
    assert pointing_game([], []).sentence().startswith("No examined case has a drawing")


def test_fresh_weights_are_those_of_a_beginning(untrained):
    model, example = untrained("small_cnn")
    before = torch.get_rng_state()
    again, other = randomize_all(model, 3), randomize_all(model, 3)
    assert torch.equal(torch.get_rng_state(), before)
    pairs = zip(again.module.state_dict().values(), other.module.state_dict().values(), strict=True)
    assert all(torch.equal(one, two) for one, two in pairs)
    differ = [
        name
        for name, weights in randomize_all(model, 4).module.state_dict().items()
        if not torch.equal(weights, again.module.state_dict()[name])
    ]
    assert any(name.startswith("features.0") for name in differ)
    assert "head.weight" in differ
    stages = list(cascading_randomization(model, 3, 3))
    assert [name for name, _ in stages][-1] == "features.0"
    first = stages[0][1].module.state_dict()
    assert torch.equal(first["head.weight"], again.module.state_dict()["head.weight"])
    assert torch.equal(first["features.0.weight"], model.module.state_dict()["features.0.weight"])
    last = stages[-1][1].module.state_dict()
    assert all(torch.equal(last[name], one) for name, one in again.module.state_dict().items())
    assert example.key


def test_taking_away_the_blob_moves_the_answer(small):
    spots = [at for at, one in enumerate(small.examples) if one.split == "test" and small.centres[at]][:5]
    for at in spots:
        example, (row, column) = small.examples[at], small.centres[at]
        images = small.model.input_of(example)
        values = np.zeros((32, 32), np.float32)
        values[max(0, int(row * 32) - 5) : int(row * 32) + 6, max(0, int(column * 32) - 5) : int(column * 32) + 6] = 1
        right, wrong = (
            deletion_insertion(small.model, images, values, 1),
            deletion_insertion(small.model, images, 1 - values, 1),
        )
        assert right.deletion < wrong.deletion
        assert right.insertion > wrong.insertion


def test_noise_and_the_middle_are_maps():
    for made in (noise(np.random.default_rng(1), (20, 30)), centre((20, 30))):
        assert made.shape == (20, 30)
        assert (made.min(), made.max()) == (0.0, 1.0)


def test_marks_draw_heat_where_their_places_have_less_without_them():
    marked, absent = [0.05, 0.02, None, 0.08, 0.03, 0.04, 0.06], [0.0, 0.0, 0.01, 0.0, 0.02, 0.0]
    on_marks = OnMarks(1, marked, absent)
    expected = stats.mannwhitneyu([one for one in marked if one is not None], absent, alternative="greater").pvalue
    assert on_marks.p == pytest.approx(expected)
    assert on_marks.flagged(2)
    assert not OnMarks(1, absent, absent).flagged(2)
    assert not OnMarks(1, absent, marked).flagged(2)
    assert OnMarks(1, [None], absent).p == 1.0


def test_maps_that_come_from_the_picture_alone_get_the_banner(small):
    """As guided backpropagation nearly does: the map is the picture, whatever the weights."""
    test = [one for one in small.examples if one.split == "test"]

    def ask(model, example, class_index):
        shown = model.input_of(example)[0, 0].numpy()
        return SaliencyMap(min_max_scale(shown), "the picture", 1 if class_index is None else class_index, 1.0)

    report = check(
        small.model,
        [CheckedCase(one) for one in test[:8]],
        test,
        ask,
        tell=lambda *_: None,
        classes=("nothing", "blob"),
        again=5,
    )
    assert report["weights"]["depends"] is False
    assert report["weights"]["similarity"]["value"] == pytest.approx(1.0)
    assert report["weights"]["pairs"]["value"] < 0.5
    assert report["answers"]["knows"] is True
    assert "The maps do not depend on the model's weights" in report["banner"]
    assert report["classes"]["words"].startswith("Different classes have the same map")


def test_a_wished_end_stops_a_check(small):
    class Ended(Exception):
        pass

    def tell(done, of, doing):
        if done == 2:
            raise Ended

    test = [one for one in small.examples if one.split == "test"]
    with pytest.raises(Ended):
        check(
            small.model, [CheckedCase(one) for one in test[:6]], test, gradcam, tell=tell, classes=("nothing", "blob")
        )


def gradcam(model, example, class_index):
    return EXPLAINERS["gradcam"].explain(model, example, class_index, None)


def test_a_model_knows_more_than_weights_of_chance_by_rank_or_where_both_rank_all_by_what_it_gives_the_truth():
    assert ModelSkill("AUROC", 0.9, (0.5, 0.8), 50, 0.7, (0.5, 0.9)).knows
    assert ModelSkill("AUROC", 1.0, (0.5, 1.0), 50, 0.97, (0.5, 0.52)).knows
    assert ModelSkill("AUROC", 1.0, (0.5, 1.0), 50, 0.51, (0.5, 0.52)).knows is False
    assert ModelSkill("AUROC", 0.6, (0.5, 0.8), 50, 0.97, (0.5, 0.52)).knows is False
    assert ModelSkill("AUROC", None, (), 50).knows is None
    assert ModelSkill("R²", 0.2, (-0.3, -1.0), 50).knows


@pytest.mark.parametrize(
    ("low", "value", "pairs", "depends", "text"),
    [
        (0.0, 0.1, 0.3, True, "The maps change with the model's weights"),
        (0.15, 0.2, 0.1, False, "The maps change less with the model's weights than from case to case"),
        (0.5, 0.6, 0.1, False, "The maps do not depend on the model's weights"),
        (0.05, 0.2, 0.1, None, "It is uncertain whether the maps depend on the model's weights"),
    ],
)
def test_maps_as_alike_over_weights_of_chance_as_over_cases_do_not_depend_on_the_weights(
    low, value, pairs, depends, text
):
    """Known answers: the mean similarity has to lie below that of random pairs, however small it is."""
    similarity, others = (
        MeanWithInterval(value, low, 2 * value - low, 10),
        MeanWithInterval(pairs, pairs - 0.01, pairs + 0.01, 50),
    )
    assert _depends(similarity, others) is depends
    assert _sentence(similarity, others, depends, 10).startswith(f"{text}:")
