"""The form of a recipe: how a dataset is split and balanced."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from core.curation.recipe import BALANCES, Recipe
from core.services.annotation.tasks import TaskView
from core.services.datasets import snapshots
from core.services.images import images
from dashboard import context, url_history
from dashboard.url_state import DatasetsState

PATIENT, BY_PATIENT, FROM_COLUMN = "patient", "Random, by patient", "From column "
BALANCE_TITLES = {
    "none": "No balancing",
    "weights": "Class weights in the loss",
    "oversample": "Oversample rare classes",
    "undersample": "Undersample common classes",
}


def show(all_tasks: Sequence[TaskView], state: DatasetsState) -> tuple[DatasetsState, Recipe]:
    """Draw the form with the values of the URL; return the state with what was entered, and the recipe."""
    by_id = {task.id: task for task in all_tasks}
    url_history.follow("recipe_task", state.task if state.task in by_id else next(iter(by_id)))
    task_id = st.selectbox("Task", list(by_id), format_func=lambda id_: by_id[id_].name, key="recipe_task")
    facts = list(images.fact_values(context.app_context().db))
    column = _column([name for name in facts if "split" in name], task_id, state)
    balance = _balance(by_id[task_id], state)
    state = replace(state, task=task_id, column=column, balance=balance)
    if column != PATIENT:
        return state, Recipe(split_fact=column, balance=balance)
    return _random(state, [name for name in facts if "split" not in name])


def _column(columns: Sequence[str], task_id: int, state: DatasetsState) -> str:
    """Draw the choice of what splits; return a metadata column, or "patient"."""
    usual = "split" if "split" in columns and _is_split_on_import(task_id) else PATIENT
    url_history.follow("recipe_split", state.column if state.column in (PATIENT, *columns) else usual)
    return st.selectbox(
        "Split",
        [PATIENT, *columns],
        key="recipe_split",
        format_func=lambda name: BY_PATIENT if name == PATIENT else f"{FROM_COLUMN}{name}",
    )


def _random(state: DatasetsState, facts: Sequence[str]) -> tuple[DatasetsState, Recipe]:
    """Draw the settings of a random split by patient."""
    strata = [name for name in state.strata.split(",") if name in facts]
    values = {"recipe_val": state.val, "recipe_test": state.test, "recipe_strata": strata, "recipe_seed": state.seed}
    for key, value in values.items():
        url_history.follow(key, value)
    val = st.slider("Validation", 0, 40, format="%d %%", key="recipe_val")
    test = st.slider("Test", 0, 40, format="%d %%", key="recipe_test")
    strata = st.multiselect("Also stratify by", facts, key="recipe_strata")
    seed = int(st.number_input("Seed", 0, 10_000, key="recipe_seed", help="The same seed gives the same split."))
    recipe = Recipe(val=val / 100, test=test / 100, stratify=tuple(strata), balance=state.balance, seed=seed)
    return replace(state, val=val, test=test, strata=",".join(strata), seed=seed), recipe


def _balance(task: TaskView, state: DatasetsState) -> str:
    """Draw the choice of balancing; findings and numbers have no classes to balance."""
    if task.kind in snapshots.FREE:
        return "none"
    url_history.follow("recipe_balance", state.balance)
    return st.selectbox(
        "Balance the training split", BALANCES, format_func=BALANCE_TITLES.__getitem__, key="recipe_balance"
    )


def _is_split_on_import(task_id: int) -> bool:
    """Return whether the task's images were imported with a split: that split is then the default."""
    first = images.page(context.app_context().db, images.Filter(task_id=task_id), limit=1)
    return bool(first) and "split" in first[0].facts
