"""The saliency check on a planted disc beside a ring of equal contrast.

A trained model points at the disc and passes; one with random weights is recognised, by a banner.
"""

from dataclasses import dataclass

import pytest

from core.explain import EXPLAINERS
from core.explain.sanity.check import CheckedCase, check
from core.explain.sanity.pointing_game import pointing_game
from core.explain.sanity.random_weights import randomize_all
from core.inference import LoadedModel, load
from core.models.heads import single_head
from core.training.loop import fit
from core.training.spec import TrainSpec
from tests.core.explain.disc_and_ring import Planted, planted

SPEC = TrainSpec(model="small_cnn", image_size=64, epochs=3, batch_size=16, learning_rate=0.003, augment="none")
AGAIN = 5


@dataclass(frozen=True)
class Trained:
    model: LoadedModel
    data: Planted

    @property
    def test(self):
        return [one for one in self.data.examples if one.split == "test"]

    @property
    def ill(self):
        return [one for one in self.test if one.key in self.data.discs]

    def checked(self, model):
        cases = [CheckedCase(one, self.data.discs[one.key]) for one in self.ill[:24]]
        return check(model, cases, self.test, ask, tell=lambda *_: None, classes=("ring", "disc"), again=AGAIN)

    def rate(self, model, masks):
        maps = [ask(model, one, None).values for one in self.ill]
        return pointing_game(maps, [masks[one.key] for one in self.ill]).rate


def ask(model, example, class_index):
    return EXPLAINERS["gradcam"].explain(model, example, 1 if class_index is None else class_index, None)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planted")
    data = planted(folder / "data", count=500)
    list(fit(SPEC, data.examples, heads=[single_head(("ring", "disc"))], folder=folder / "run", cache=folder / "cache"))
    return Trained(load(folder / "run"), data)


@pytest.mark.slow
def test_a_trained_model_hits_the_disc_and_not_the_ring_of_equal_contrast(trained):
    assert trained.rate(trained.model, trained.data.discs) >= 0.9
    assert trained.rate(trained.model, trained.data.rings) <= 0.1


@pytest.mark.slow
def test_it_passes_its_check(trained):
    report = trained.checked(trained.model)
    assert report["banner"] == ""
    assert report["weights"]["depends"] is True
    assert report["weights"]["again"] == AGAIN
    assert report["answers"]["knows"] is True
    assert report["hits"]["hit"] / report["hits"]["n"] >= 0.9
    assert report["hits"]["chance"] < 0.2
    assert report["taken"]["map"]["deletion"]["value"] < report["taken"]["chance"]["deletion"]["value"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(77, 82))
def test_a_model_with_randomised_weights_gets_the_banner(trained, seed):
    report = trained.checked(randomize_all(trained.model, seed))
    assert report["banner"].startswith("Do not interpret the maps of this run.")
