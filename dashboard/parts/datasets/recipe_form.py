"""How a dataset is split and balanced."""

from collections.abc import Sequence

import streamlit as st

from core.curation.recipe import BALANCES, Recipe
from core.services.annotation.tasks import TaskView
from core.services.datasets import snapshots
from core.services.images import images
from dashboard import context

BALANCE_TITLES = {
    "none": "As it is",
    "weights": "Weights in the loss",
    "oversample": "Show rare classes more often",
    "undersample": "Leave out common ones",
}


def show(every: Sequence[TaskView], chosen: int) -> tuple[int, Recipe]:
    """The task and the recipe."""
    ids = [task.id for task in every]
    names = {task.id: task.name for task in every}
    task_id = st.selectbox(
        "Task", ids, ids.index(chosen) if chosen in ids else 0, format_func=names.__getitem__, key="recipe_task"
    )
    facts = list(images.fact_values(context.app_context().db))
    given = [name for name in facts if "split" in name]
    how = st.selectbox(
        "Split",
        ["by patient", *(f"given in column {name}" for name in given)],
        key="recipe_split",
        index=1 if "split" in given and _npz_task(every, task_id) else 0,
    )
    balance = _balance(next(task for task in every if task.id == task_id))
    if how != "by patient":
        return task_id, Recipe(split_fact=how.removeprefix("given in column "), balance=balance)
    val = st.slider("Validation", 0, 40, 15, format="%d %%", key="recipe_val")
    test = st.slider("Test", 0, 40, 15, format="%d %%", key="recipe_test")
    strata = st.multiselect(
        "Alike in every split, besides the label", [name for name in facts if name not in given], key="recipe_strata"
    )
    seed = st.number_input("Seed", 0, 10_000, 0, key="recipe_seed", help="The same seed gives the same split.")
    return task_id, Recipe(val=val / 100, test=test / 100, stratify=tuple(strata), balance=balance, seed=int(seed))


def _balance(task: TaskView) -> str:
    """Findings and numbers have no classes that could count alike."""
    if task.kind in snapshots.FREE:
        return "none"
    return st.selectbox(
        "Balance of the training split", BALANCES, format_func=BALANCE_TITLES.__getitem__, key="recipe_balance"
    )


def _npz_task(every: Sequence[TaskView], task_id: int) -> bool:
    """Whether the task's images came with a split of their own: then that one is offered first."""
    wanted = images.Filter(task_id=task_id)
    first = images.page(context.app_context().db, wanted, limit=1)
    return bool(first) and "split" in first[0].facts and len(every) > 0
