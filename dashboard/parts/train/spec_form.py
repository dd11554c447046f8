"""Forms drawn from a description: every knob of TrainSpec once, those only that matter for what is chosen."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.models import MODELS
from core.training.form_groups import GROUPS, FormGroup, group_hyperparameters, is_relevant
from core.training.hyperparameters import Hyperparameter
from core.training.spec import PRESETS, hyperparameter, hyperparameters

COLUMNS = 2
WORDS = {
    "val_auroc": "Validation AUROC",
    "val_loss": "Validation loss",
    "val_accuracy": "Validation accuracy",
    "sgd": "SGD",
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
    "cpu": "CPU",
    "cuda": "GPU",
    "run": "A finished run",
    "file": "A file of weights",
    "published": "Published weights",
    "bf16": "bf16",
    "fp16": "fp16",
    "float32": "float32",
    "custom": "Custom: as set below",
}
"""Choices that a capital letter does not make a title of."""

Offered = Mapping[str, Mapping[Any, str]]


def values() -> dict[str, Any]:
    """What the form holds, by knob, also of knobs that do not show now."""
    held: dict[str, Any] = st.session_state.setdefault(
        "form_values", {one.name: one.default for one in hyperparameters()}
    )
    return held


def take(asked: Mapping[str, Any], *, anew: bool = True) -> None:
    """Set knobs from outside: a preset (`anew`: the rest goes to its default), or one model of the table."""
    typed = {name: hyperparameter(name).coerce(value) for name, value in asked.items()}
    values().update({**({one.name: one.default for one in hyperparameters()} if anew else {}), **typed})


def preset(name: str) -> None:
    """All knobs as a preset has them."""
    take(PRESETS[name])


def show(offered: Offered) -> dict[str, Any]:
    """Inputs for the knobs that matter, in groups; gives what is set. `offered` are the choices of some, with titles.

    A knob that does not matter is at its default, so that what a run was asked holds nothing that did not act.
    """
    for group in GROUPS:
        first = [one for one in group_hyperparameters(group) if one.name in group.first]
        named = next((one for one in first if one.title == group.title), None)
        if first:
            st.markdown(f"**{group.title}**", help=named.help if named else None)
        _inputs(first, offered, named)
        _folded(group, offered)
    held = values()
    return {one.name: held[one.name] if is_relevant(one.name, held) else one.default for one in hyperparameters()}


def _folded(group: FormGroup, offered: Offered) -> None:
    behind = [one for one in group_hyperparameters(group) if one.name not in group.first]
    if not any(is_relevant(one.name, values()) for one in behind):
        return
    # one label for good: with another one Streamlit takes it for another fold, and closes it
    with st.expander("More" if group.first else group.title, key=f"fold_{group.name}", on_change="rerun") as fold:
        if fold.open:
            _inputs(behind, offered)
            return
    # half of the page's inputs are drawn only where somebody looks at them
    changed = [one.title for one in behind if is_relevant(one.name, values()) and values()[one.name] != one.default]
    if changed:
        st.caption(f"Changed there: {', '.join(changed).lower()}.")


def _inputs(some: Sequence[Hyperparameter], offered: Offered, named: Hyperparameter | None = None) -> None:
    """In rows of two; a choice above decides at once what shows below. `named` stands under a title that is its own."""
    columns: list[Any] = []
    for one in some:
        if is_relevant(one.name, values()):
            columns = columns or list(st.columns(COLUMNS, vertical_alignment="bottom"))
            with columns.pop(0):
                _input(one, offered.get(one.name), titled=one is named)


def _input(one: Hyperparameter, offered: Mapping[Any, str] | None, *, titled: bool) -> None:
    """One widget of what the form holds. Streamlit forgets a widget that is not drawn, or brings its first value back.

    So a change is taken over when it comes, also where its input is gone by then; and the widget is set where it
    differs, but else left alone: somebody may be typing in it.
    """
    held, key = values(), f"form_{one.name}"
    title = f"{one.title} ({one.unit})" if one.unit else one.title
    titles = offered if offered is not None else {choice: _title(choice) for choice in one.choices}
    if titles and held[one.name] not in titles:
        held[one.name] = next(iter(titles))
    if key not in st.session_state or st.session_state[key] != held[one.name]:
        st.session_state[key] = held[one.name]
    told: dict[str, Any] = {"help": one.help, "key": key, "on_change": _taken, "args": (one.name,)}
    if titles:
        st.selectbox(
            title,
            list(titles),
            format_func=lambda choice: titles[choice],
            label_visibility="collapsed" if titled else "visible",
            **told,
        )
    elif one.kind == "text":
        st.text_input(title, max_chars=int(one.high or 0), **told)
    elif one.kind == "int":
        st.number_input(title, int(one.low or 0), int(one.high or 0), **told)
    else:
        st.number_input(title, float(one.low or 0), float(one.high or 0), step=_step(one), format="%.5g", **told)


def _taken(name: str) -> None:
    value = st.session_state[f"form_{name}"]
    values()[name] = value.strip() if isinstance(value, str) else value


def _step(knob: Hyperparameter) -> float:
    """What + and − add: a whole percent or degree, a tenth of the default, else a round part of the range."""
    if knob.unit in ("%", "°"):
        return 1.0
    if knob.default:
        return float(knob.default) / 10
    return float(10 ** math.floor(math.log10(float(knob.high or 1.0) / 50)))


def _title(choice: str) -> str:
    if choice in MODELS:
        return MODELS[choice].title
    return WORDS.get(choice, choice[:1].upper() + choice[1:])
