"""The form of a recipe: how a dataset is split and balanced."""

from collections.abc import Sequence

import streamlit as st

from core.curation.recipe import BALANCES, Recipe
from core.services.annotation.tasks import TaskView
from core.services.datasets import snapshots
from core.services.images import images
from dashboard import context

BY_PATIENT, FROM_COLUMN = "Random, by patient", "From column "
BALANCE_TITLES = {
    "none": "No balancing",
    "weights": "Class weights in the loss",
    "oversample": "Oversample rare classes",
    "undersample": "Undersample common classes",
}


def show(all_tasks: Sequence[TaskView], chosen: int) -> tuple[int, Recipe]:
    """Draw the form; return the task's id and the recipe."""
    ids = [task.id for task in all_tasks]
    names = {task.id: task.name for task in all_tasks}
    task_id = st.selectbox(
        "Task", ids, ids.index(chosen) if chosen in ids else 0, format_func=names.__getitem__, key="recipe_task"
    )
    facts = list(images.fact_values(context.app_context().db))
    split_columns = [name for name in facts if "split" in name]
    method = st.selectbox(
        "Split",
        [BY_PATIENT, *(f"{FROM_COLUMN}{name}" for name in split_columns)],
        key="recipe_split",
        index=1 if "split" in split_columns and _is_split_on_import(task_id) else 0,
    )
    balance = _balance(next(task for task in all_tasks if task.id == task_id))
    if method != BY_PATIENT:
        return task_id, Recipe(split_fact=method.removeprefix(FROM_COLUMN), balance=balance)
    val = st.slider("Validation", 0, 40, 15, format="%d %%", key="recipe_val")
    test = st.slider("Test", 0, 40, 15, format="%d %%", key="recipe_test")
    strata = st.multiselect(
        "Also stratify by", [name for name in facts if name not in split_columns], key="recipe_strata"
    )
    seed = st.number_input("Seed", 0, 10_000, 0, key="recipe_seed", help="The same seed gives the same split.")
    return task_id, Recipe(val=val / 100, test=test / 100, stratify=tuple(strata), balance=balance, seed=int(seed))


def _balance(task: TaskView) -> str:
    """Draw the choice of balancing; findings and numbers have no classes to balance."""
    if task.kind in snapshots.FREE:
        return "none"
    return st.selectbox(
        "Balance the training split", BALANCES, format_func=BALANCE_TITLES.__getitem__, key="recipe_balance"
    )


def _is_split_on_import(task_id: int) -> bool:
    """Return whether the task's images were imported with a split: that split is then the default."""
    first = images.page(context.app_context().db, images.Filter(task_id=task_id), limit=1)
    return bool(first) and "split" in first[0].facts
