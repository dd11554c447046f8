"""The side of the Images page: the image in the viewer, its metadata, and whether it is excluded."""

from typing import Any

import streamlit as st

from core.errors import NotFound
from core.imaging.notes import NOTES
from core.services.images import image_notes, images
from core.services.images.images import ImageView, StackView
from dashboard import context, formatting, reader
from dashboard.parts.widgets import viewer
from dashboard.server import serializers
from dashboard.url_state import ImagesState


def note(image: ImageView) -> str:
    """Return the line under a thumbnail: modality, size and number of frames."""
    frames = f" · {image.format.frames} frames" if image.format.frames > 1 else ""
    return f"{image.facts.get('modality', '')} {image.format.columns}×{image.format.rows}{frames}".strip()


def show(state: ImagesState) -> None:
    """Draw the selected image, or the selected series as a stack."""
    wired = context.app_context()
    try:
        stack = images.series(wired.db, state.series) if state.series else []
        stack = stack or ([images.get(wired.db, state.image)] if state.image else [])
    except NotFound as error:
        st.warning(str(error))
        return
    if not stack:
        st.caption("Select an image to view it here.")
        return
    first = stack[0]
    data: dict[str, Any] = {
        "mode": "view",
        "task": None,
        "api": None,
        "progress": None,
        "note": "",
        "cases": [
            {
                "id": first.id,
                "patient": first.patient,
                "facts": {},
                "answer": None,
                "label": None,
                "images": [serializers.image(one, wired.signer, reader.session_id()) for one in stack],
                "companions": serializers.companions(first, wired.signer, reader.session_id()),
                "siblings": serializers.siblings(stack, wired.signer, reader.session_id()),
            }
        ],
    }
    viewer.show(key="images_viewer", data=data, height=460)
    _facts(first, len(stack))


def _facts(image: ImageView, slices: int) -> None:
    patient = image.patient + ("" if image.patient_known else " (no patient ID: treated as a separate patient)")
    values = {
        "Patient": patient,
        "File": image.name,
        "Size": f"{image.format.columns} × {image.format.rows}, {image.format.bits} bit",
        "Slices": str(slices * image.format.frames),
        **_value_facts(image),
        **_stack_facts(image.stack),
        "Decoder": image.format.decoder,
        "sha256": image.sha256[:16] + " …",
    }
    values |= {name.replace("_", " ").capitalize(): value for name, value in sorted(image.facts.items())}
    _notes(image)
    rows = [{"property": name, "value": value} for name, value in values.items()]
    st.dataframe(rows, hide_index=True, height=min(38 + 35 * len(rows), 300))
    _exclude(image)


def _notes(image: ImageView) -> None:
    """Draw what the import noticed about the image and its stack."""
    kinds = image_notes.notes_of(context.app_context().db, [image.id]).get(image.id, ())
    for kind in dict.fromkeys((*kinds, *(image.stack.notes if image.stack else ()))):
        note = NOTES[kind]
        st.caption(f":material/info: **{note.title}.** {note.meaning} {note.way_out}")


def _value_facts(image: ImageView) -> dict[str, str]:
    """Return the range of the values, and the window at which they are first shown; of colour nothing."""
    format = image.format
    if format.channels != 1:
        return {}
    low, high = format.window_bounds
    return {
        "Values": f"{format.low:g} to {format.high:g} {format.unit}".strip(),
        "First window": f"{low:g} to {high:g}",
    }


def _stack_facts(stack: StackView | None) -> dict[str, str]:
    if stack is None:
        return {}
    spacing = f"{stack.spacing_mm:g} mm" if stack.spacing_mm else ""
    return {name: value for name, value in (("Stack", stack.title), ("Spacing", spacing)) if value}


def _exclude(image: ImageView) -> None:
    db = context.app_context().db
    if image.excluded_because:
        st.warning(f"Excluded: {formatting.escape_markdown(image.excluded_because)}")
        if st.button("Include again", key="image_include"):
            images.exclude(db, image.id, because=None)
            st.rerun()
        return
    with st.popover("Exclude this image", icon=":material/block:"):
        because = st.text_input("Reason", key="image_reason", placeholder="not a chest radiograph")
        if st.button("Exclude", key="image_exclude", disabled=not because.strip()):
            images.exclude(db, image.id, because=because.strip())
            st.rerun()
