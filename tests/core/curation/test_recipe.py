"""A recipe accepts only what can be carried out, and survives JSON."""

import json

import pytest

from core.curation.recipe import Recipe
from core.errors import InvalidInput


def test_json_and_back_is_the_same_recipe():
    recipe = Recipe(val=0.2, test=0, stratify=("site", "sex"), balance="weights", seed=7)
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


def test_absent_settings_take_their_defaults():
    assert Recipe.from_json({"balance": "oversample"}) == Recipe(balance="oversample")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"val": -0.1}, "fraction for val is -0.1"),
        ({"test": 1.0}, "fraction for test is 1.0"),
        ({"val": "0.2"}, "fraction for val is '0.2'"),
        ({"val": True}, "fraction for val is True"),
        ({"val": float("nan")}, "fraction for val is nan"),
        ({"val": 0.5, "test": 0.5}, "leave no training cases"),
        ({"balance": "smote"}, "choose one of none, weights, oversample, undersample"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 1.5}, "seed is 1.5"),
        ({"split_fact": ""}, "split column has an empty name"),
        ({"stratify": ["site", ""]}, "Cannot stratify by ''"),
        ({"stratify": "site"}, "give a list of columns"),
        ({"split_fact": "split", "stratify": ["sex"]}, "has no effect"),
        ({"folds": 5}, "Unknown recipe setting 'folds'"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_in_a_sentence(settings, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        Recipe.from_json(settings)
