"""Images: filters with counts, a gallery, and the selected image with its metadata."""

from dataclasses import replace

import streamlit as st

from core.services.images import images
from dashboard import context, formatting, reader, url_history
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
    url_history.follow("images_kind", "Series" if state.series or state.kind else "Images")
    kind = st.segmented_control(
        "Show", ["Images", "Series"], required=True, key="images_kind", on_change=images_filters.show_kind
    )
    chosen = images_filters.show(state) if kind == "Images" else images.Filter()
with middle:
    if kind == "Images":
        st.caption(formatting.count(images.count(wired.db, chosen), "image"))
        page = images.page(wired.db, chosen, after=state.after, limit=48)
        opened = gallery.show(
            [
                gallery.Tile(
                    view.id,
                    wired.signer.url(f"/api/thumbnail/{view.id}", session),
                    view.patient,
                    detail.note(view),
                    chosen=view.id == state.image,
                )
                for view in page
            ],
            key="images_gallery",
        )
        last = page[-1].id if len(page) == 48 else None
        if state.after and not page:
            st.info(f"No image after image {state.after} in this list. Go back to its first page.")
    else:
        stacks = images.stacks(wired.db, after=state.after, limit=48)
        st.caption(formatting.count(len(stacks), "series", "series"))
        opened = gallery.show(
            [
                gallery.Tile(
                    stack.id,
                    wired.signer.url(f"/api/thumbnail/{stack.middle_image_id}", session),
                    stack.patient,
                    " · ".join(filter(None, (stack.modality, stack.title, f"{stack.images} slices"))),
                    chosen=stack.id == state.series,
                )
                for stack in stacks
            ],
            key="images_series",
        )
        last = stacks[-1].id if len(stacks) == 48 else None
        if state.after and not stacks:
            st.info(f"No series after series {state.after} in this list. Go back to its first page.")
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
