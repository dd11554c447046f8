"""The form: presets, what matters for a choice, what a run is asked, and that drawing it loads no torch."""

import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from core.curation.recipe import Recipe
from core.services.annotation import tasks
from core.services.datasets import snapshots
from core.services.training import resource_estimate, runs
from core.services.training.resource_estimate import EstimateResult
from core.services.workspace import home as workspace_home
from core.training.form_groups import GROUPS
from core.training.spec import PRESETS, TrainSpec
from dashboard.parts.train import spec_form
from dashboard.parts.widgets import job_poll
from tests.core.services.training.ct_home import draw_ct_home
from tests.dashboard.test_pages import filled, home, opened, text_of

__all__ = ["filled", "home"]
STEP_COST = {
    "step_s": 0.5,
    "look_s": 0.1,
    "read_s": 0.01,
    "memory": 3 << 30,
    "weights": 11_170_000,
    "size": 64,
    "pictures": 1,
    "channels": 1,
    "cases": 64,
    "device": "cpu",
    "steps": 10,
    "looks": 2.0,
    "all_pictures": 100,
}


@pytest.fixture
def frozen(filled, monkeypatch):
    db = workspace_home.open_home(filled)
    task = tasks.task_named(db, "finding")
    snapshots.freeze(db, task.id, Recipe(val=0.25, test=0.25), name="one", by="t")
    monkeypatch.setattr(resource_estimate, "step_cost", lambda *_, **__: EstimateResult("a", STEP_COST))
    monkeypatch.setattr(resource_estimate, "pictures", lambda *_, **__: EstimateResult("b", pictures=8))
    yield db
    db.close()


@pytest.fixture
def flat(monkeypatch):
    """A form without folds: AppTest cannot keep one open."""
    monkeypatch.setattr(spec_form, "GROUPS", [replace(group, first=group.knobs) for group in GROUPS])


def unfolded(app=None):
    """The page with every fold open: what lies in a closed one is not drawn."""
    app = app or opened("train")
    for group in GROUPS:
        app.session_state[f"fold_{group.name}"] = True
    return app.run()


def widget(app, title):
    every = [*app.selectbox, *app.number_input, *app.text_input, *app.multiselect]
    return next((one for one in every if one.label.startswith(title)), None)


def test_a_preset_sets_the_form_and_a_change_stays(frozen, flat):
    app = opened("train")
    assert widget(app, "Epochs").value == PRESETS["quick look"]["epochs"]
    widget(app, "Epochs").set_value(7)
    widget(app, "Optimizer").set_value("sgd")
    app.run()
    assert (widget(app, "Epochs").value, widget(app, "Optimizer").value) == (7, "sgd")
    app.segmented_control(key="train_preset").set_value("long run")
    app.run()
    assert widget(app, "Epochs").value == PRESETS["long run"]["epochs"]
    assert widget(app, "Optimizer").value == PRESETS["long run"].get("optimizer", TrainSpec().optimizer)
    assert widget(app, "Model").value == PRESETS["long run"]["model"]


def test_what_does_not_matter_does_not_show_and_is_not_asked(frozen, flat):
    app = opened("train")
    assert widget(app, "Kernel size")
    assert not widget(app, "Focal gamma")
    widget(app, "Loss").set_value("focal")
    app.run()
    widget(app, "Focal gamma").set_value(4.0)
    app.run()
    widget(app, "Loss").set_value("cross-entropy")
    widget(app, "Augmentation").set_value("custom")
    app.run()
    widget(app, "Noise").set_value(5.0)
    widget(app, "Model").set_value("resnet18")
    app.run()
    assert not widget(app, "Kernel size")
    next(one for one in app.button if one.label == "Start training").click().run()
    spec = runs.list_runs(frozen)[0].spec
    assert (spec.model, spec.augment, spec.noise, spec.gamma) == ("resnet18", "custom", 5.0, TrainSpec().gamma)


def test_what_is_behind_a_fold_stays_as_it_was_set(frozen):
    app = unfolded()
    widget(app, "Optimizer").set_value("sgd")
    unfolded(app)
    app.session_state["fold_recipe"] = False
    app.run()
    assert not widget(app, "Optimizer")
    assert "optimizer" in next(one.value for one in app.caption if one.value.startswith("Changed from the default"))
    assert widget(unfolded(app), "Optimizer").value == "sgd"


def test_a_value_that_was_hidden_is_there_again(frozen):
    app = opened("train")
    widget(app, "Augmentation").set_value("custom").run()
    widget(app, "Rotation").set_value(33.0).run()
    widget(app, "Augmentation").set_value("light").run()
    assert not widget(app, "Rotation")
    widget(app, "Augmentation").set_value("custom").run()
    assert widget(app, "Rotation").value == 33.0


def test_it_says_what_it_will_take_and_what_speaks_against_it(frozen):
    app = opened("train")
    page_text = text_of(app)
    # 5 epochs of 10 steps and 2 looks, and 100 pictures prepared once
    assert "About **27 s** and **3.0 GB** of memory on the CPU. Measured: 500 ms per step." in page_text
    assert "11.2 million parameters" in page_text
    assert "Few patients in training" in page_text
    widget(app, "Model").set_value("late_fusion").run()
    assert "**Late fusion**. Two views of a study" in text_of(app)


def test_a_step_that_cannot_be_measured_says_why(frozen, monkeypatch):
    monkeypatch.setattr(
        resource_estimate, "step_cost", lambda *_, **__: EstimateResult("a", error="The GPU's memory is too small.")
    )
    assert [one.value for one in opened("train").error] == ["The GPU's memory is too small."]


def test_nothing_is_measured_while_the_form_is_filled_in(frozen, monkeypatch):
    starts = []

    def step_cost(*_, start):
        starts.append(start)
        return EstimateResult("a")

    monkeypatch.setattr(resource_estimate, "step_cost", step_cost)
    monkeypatch.setattr(job_poll, "poll_until", lambda done, load, draw, **_: (load(), load()))
    opened("train")
    assert starts == [False, True]


def test_flips_are_offered_where_the_task_allows_them(frozen):
    app = opened("train")
    widget(app, "Augmentation").set_value("custom").run()
    assert widget(app, "Flips").options == ["None"]
    tasks.set_flips(frozen, tasks.task_named(frozen, "finding").id, "left-right")
    app.run()
    assert widget(app, "Flips").options == ["None", "Left-right"]


def test_a_window_is_chosen_and_entered_only_where_it_is_fixed(frozen):
    app = opened("train")
    assert widget(app, "Windowing").options == ["As shown", "Per image", "Per dataset", "Fixed"]  # no CT
    assert not widget(app, "Window level")
    widget(app, "Windowing").set_value("fixed").run()
    assert any("the width of the window is 0" in one.value for one in app.warning)
    widget(app, "Window level").set_value(60.0)
    widget(app, "Window width").set_value(90.0)
    app.run()
    assert not any("window" in one.value for one in app.warning)
    next(one for one in app.button if one.label == "Start training").click().run()
    spec = runs.list_runs(frozen)[0].spec
    assert (spec.windowing, spec.window_center, spec.window_width) == ("fixed", 60.0, 90.0)


def test_presets_of_ct_are_offered_for_values_in_hu(home, tmp_path, monkeypatch):
    monkeypatch.setattr(resource_estimate, "step_cost", lambda *_, **__: EstimateResult("a", STEP_COST))
    monkeypatch.setattr(resource_estimate, "pictures", lambda *_, **__: EstimateResult("b", pictures=8))
    shutil.copytree(draw_ct_home(tmp_path / "ct"), home.home)
    app = opened("train")
    assert widget(app, "Windowing").options[4:7] == ["CT soft tissue", "CT mediastinum", "CT lung"]
    widget(app, "Windowing").set_value("CT lung").run()
    assert not widget(app, "Window level")
    assert not any("window" in one.value for one in app.warning)


def test_what_the_page_needs_loads_no_torch():
    code = (
        "import sys; "
        "from dashboard.parts.train import augmentation_samples, choices, model_picker, preflight, spec_form; "
        "assert not {'torch', 'pandas', 'scipy'} & set(sys.modules), 'the page opens slowly'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
