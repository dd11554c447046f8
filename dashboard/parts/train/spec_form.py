"""The form of TrainSpec: every hyperparameter once, and only those that apply to the current choices."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.models import MODELS
from core.training.form_groups import GROUPS, FormGroup, group_hyperparameters, is_relevant
from core.training.hyperparameters import Hyperparameter
from core.training.spec import PRESETS, hyperparameter, hyperparameters

COLUMNS = 2
TITLES = {
    "val_auroc": "Validation AUROC",
    "val_loss": "Validation loss",
    "val_accuracy": "Validation accuracy",
    "sgd": "SGD",
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
    "cpu": "CPU",
    "cuda": "GPU",
    "run": "Finished run",
    "file": "Weights file",
    "nothing": "Random initialisation",
    "published": "Published weights",
    "bf16": "bf16",
    "fp16": "fp16",
    "float32": "float32",
    "custom": "Custom: as set below",
}
"""Titles of choices whose name with a capital letter is none."""

Offered = Mapping[str, Mapping[Any, str]]


def values() -> dict[str, Any]:
    """Return the form's values by hyperparameter, including those that are not shown now."""
    current: dict[str, Any] = st.session_state.setdefault(
        "form_values", {one.name: one.default for one in hyperparameters()}
    )
    return current


def set_values(settings: Mapping[str, Any], *, reset: bool = True) -> None:
    """Set hyperparameters: those of a preset (`reset`: all others to their default), or the model of the table."""
    typed = {name: hyperparameter(name).coerce(value) for name, value in settings.items()}
    values().update({**({one.name: one.default for one in hyperparameters()} if reset else {}), **typed})


def preset(name: str) -> None:
    """Set all hyperparameters to those of a preset."""
    set_values(PRESETS[name])


def show(offered: Offered) -> dict[str, Any]:
    """Draw the inputs that apply, in groups; return all values. `offered` has the choices of some, with titles.

    A hyperparameter that does not apply is at its default, so that the settings of a run hold only what had an effect.
    """
    for group in GROUPS:
        first = [one for one in group_hyperparameters(group) if one.name in group.first]
        named = next((one for one in first if one.title == group.title), None)
        if first:
            st.markdown(f"**{group.title}**", help=named.help if named else None)
        _inputs(first, offered, named)
        _folded(group, offered)
    current = values()
    return {
        item.name: current[item.name] if is_relevant(item.name, current) else item.default for item in hyperparameters()
    }


def _folded(group: FormGroup, offered: Offered) -> None:
    behind = [one for one in group_hyperparameters(group) if one.name not in group.first]
    if not any(is_relevant(one.name, values()) for one in behind):
        return
    # The label never changes: Streamlit takes one with another label for another fold, and closes it.
    with st.expander("More" if group.first else group.title, key=f"fold_{group.name}", on_change="rerun") as fold:
        if fold.open:
            _inputs(behind, offered)
            return
    # Half of the page's inputs are drawn only while their fold is open.
    changed = [one.title for one in behind if is_relevant(one.name, values()) and values()[one.name] != one.default]
    if changed:
        st.caption(f"Changed from the default: {', '.join(changed).lower()}.")


def _inputs(items: Sequence[Hyperparameter], offered: Offered, named: Hyperparameter | None = None) -> None:
    """Draw inputs in rows of two. `named` stands under a group title that is its label."""
    columns: list[Any] = []
    for item in items:
        if is_relevant(item.name, values()):
            columns = columns or list(st.columns(COLUMNS, vertical_alignment="bottom"))
            with columns.pop(0):
                _input(item, offered.get(item.name), titled=item is named)


def _input(item: Hyperparameter, offered: Mapping[Any, str] | None, *, titled: bool) -> None:
    """Draw one widget. Streamlit forgets a widget that is not drawn, or brings its first value back.

    So a change is stored as soon as it comes, even if its input is gone by then. The widget is set only where it
    differs: somebody may be typing in it.
    """
    current, key = values(), f"form_{item.name}"
    title = f"{item.title} ({item.unit})" if item.unit else item.title
    titles = offered if offered is not None else {choice: _title(choice) for choice in item.choices}
    if titles and current[item.name] not in titles:
        current[item.name] = next(iter(titles))
    if key not in st.session_state or st.session_state[key] != current[item.name]:
        st.session_state[key] = current[item.name]
    options: dict[str, Any] = {"help": item.help, "key": key, "on_change": _store, "args": (item.name,)}
    if titles:
        st.selectbox(
            title,
            list(titles),
            format_func=lambda choice: titles[choice],
            label_visibility="collapsed" if titled else "visible",
            **options,
        )
    elif item.kind == "text":
        st.text_input(title, max_chars=int(item.high or 0), **options)
    elif item.kind == "int":
        st.number_input(title, int(item.low or 0), int(item.high or 0), **options)
    else:
        st.number_input(title, float(item.low or 0), float(item.high or 0), step=_step(item), format="%.5g", **options)


def _store(name: str) -> None:
    value = st.session_state[f"form_{name}"]
    values()[name] = value.strip() if isinstance(value, str) else value


def _step(item: Hyperparameter) -> float:
    """Return the step of + and −: a whole percent or degree, a tenth of the default, else a part of the range."""
    if item.unit in ("%", "°"):
        return 1.0
    if item.default:
        return float(item.default) / 10
    return min(10.0, 10.0 ** math.floor(math.log10(float(item.high or 1.0) / 50)))


def _title(choice: str) -> str:
    if choice in MODELS:
        return MODELS[choice].title
    return TITLES.get(choice, choice[:1].upper() + choice[1:])
