"""The side of the images page: the picture in the viewer, its facts, exclude or take back."""

from typing import Any

import streamlit as st

from core.errors import NotFound
from core.services.images import images
from core.services.images.images import ImageView
from dashboard import context, reader
from dashboard.parts.widgets import viewer
from dashboard.server import serializers
from dashboard.url_state import ImagesState


def note(image: ImageView) -> str:
    """A line under a thumbnail."""
    frames = f" · {image.format.frames} frames" if image.format.frames > 1 else ""
    return f"{image.facts.get('modality', '')} {image.format.columns}×{image.format.rows}{frames}".strip()


def show(state: ImagesState) -> None:
    """What is chosen: one image, or a series as a stack."""
    wired = context.app_context()
    try:
        stack = images.series(wired.db, state.series) if state.series else []
        stack = stack or ([images.get(wired.db, state.image)] if state.image else [])
    except NotFound as error:
        st.warning(str(error))
        return
    if not stack:
        st.caption("Choose an image to see it here.")
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
            }
        ],
    }
    viewer.show(key="images_viewer", data=data, height=460)
    _facts(first, len(stack))


def _facts(image: ImageView, slices: int) -> None:
    patient = image.patient + ("" if image.patient_known else " (unknown: counted on its own)")
    told = {
        "Patient": patient,
        "File": image.name,
        "Size": f"{image.format.columns} × {image.format.rows}, {image.format.bits} bit",
        "Slices": str(slices * image.format.frames),
        "Decoder": image.format.decoder,
        "sha256": image.sha256[:16] + " …",
    }
    told |= {name.replace("_", " ").capitalize(): value for name, value in sorted(image.facts.items())}
    rows = [{"fact": name, "value": value} for name, value in told.items()]
    st.dataframe(rows, hide_index=True, height=min(38 + 35 * len(rows), 300))
    _exclude(image)


def _exclude(image: ImageView) -> None:
    db = context.app_context().db
    if image.excluded_because:
        st.warning(f"Excluded: {image.excluded_because}")
        if st.button("Take it back in", key="image_include"):
            images.exclude(db, image.id, because=None)
            st.rerun()
        return
    with st.popover("Exclude this image", icon=":material/block:"):
        because = st.text_input("Reason", key="image_reason", placeholder="not a chest radiograph")
        if st.button("Exclude", key="image_exclude", disabled=not because.strip()):
            images.exclude(db, image.id, because=because.strip())
            st.rerun()
