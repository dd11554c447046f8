"""Images: filters with counts, gallery, and the picture with its facts beside it."""

from dataclasses import replace

import streamlit as st

from core.services.images import images
from dashboard import context, formatting, reader
from dashboard.parts.images import detail
from dashboard.parts.images import filters as images_filters
from dashboard.parts.widgets import gallery
from dashboard.url_state import ImagesState

wired = context.app_context()
state = ImagesState.from_url()
session = reader.session_id()

st.title("Images")
if not images.totals(wired.db).images:
    st.markdown("No images yet.")
    st.page_link("views/import.py", label="Import images", icon=":material/upload:")
    st.stop()

filters, middle, side = st.columns([1.5, 3.2, 2.1], gap="medium")
with filters:
    kind = st.segmented_control(
        "Show", ["Images", "Series"], default="Series" if state.series else "Images", required=True, key="images_kind"
    )
    wanted = images_filters.show() if kind == "Images" else images.Filter()
with middle:
    if kind == "Images":
        st.caption(formatting.count(images.count(wired.db, wanted), "image"))
        page = images.page(wired.db, wanted, after=state.after, limit=48)
        opened = gallery.show(
            [
                gallery.Tile(
                    one.id,
                    wired.signer.url(f"/api/thumbnail/{one.id}", session),
                    one.patient,
                    detail.note(one),
                    chosen=one.id == state.image,
                )
                for one in page
            ],
            key="images_gallery",
        )
        last = page[-1].id if len(page) == 48 else None
    else:
        stacks = images.stacks(wired.db, after=state.after, limit=48)
        st.caption(formatting.count(len(stacks), "series", "series"))
        opened = gallery.show(
            [
                gallery.Tile(
                    one.id,
                    wired.signer.url(f"/api/thumbnail/{one.middle_image_id}", session),
                    one.patient,
                    f"{one.modality} · {one.images} slices",
                    chosen=one.id == state.series,
                )
                for one in stacks
            ],
            key="images_series",
        )
        last = stacks[-1].id if len(stacks) == 48 else None
    with st.container(horizontal=True):
        if state.after and st.button("First", icon=":material/first_page:"):
            replace(state, after=0).to_url()
            st.rerun()
        if last and st.button("Next", icon=":material/chevron_right:"):
            replace(state, after=last).to_url()
            st.rerun()
if opened is not None:
    state = replace(state, image=opened if kind == "Images" else 0, series=opened if kind == "Series" else 0)
    state.to_url()
with side:
    detail.show(state)
