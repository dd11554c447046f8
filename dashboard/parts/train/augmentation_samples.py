"""Eight training pictures as the model will meet them, before it is trained."""

from collections.abc import Sequence

import streamlit as st

from core.services.training import resource_estimate
from core.services.training.resource_estimate import EstimateResult
from core.training.spec import TrainSpec
from dashboard import context, reader
from dashboard.parts.train import preflight

STYLE = """<style>
.rs{display:grid;grid-template-columns:repeat(4,1fr);gap:6px}
.rs img,.rs div{width:100%;aspect-ratio:1;border-radius:4px;background:#000;object-fit:contain}
.rs div{background:color-mix(in srgb,currentColor 8%,transparent)}
</style>"""


def show(snapshot_id: int, spec: TrainSpec, also: Sequence[int]) -> None:
    """Made on demand; grey places until they are there."""
    st.markdown("**Eight training images as the model will see them**")
    preflight.poll_until_ready(_pictures, resource_estimate.pictures, snapshot_id, spec, tuple(also))


def _pictures(found: EstimateResult, spec: TrainSpec) -> None:
    wired, session = context.app_context(), reader.session_id()
    if found.error:
        st.caption("No picture can be shown: " + found.error)
        return
    urls = [wired.signer.url(f"/api/samples/{found.name}/{number}", session) for number in range(found.pictures)]
    tiles = [f'<img src="{url.replace("&", "&amp;")}" alt="augmented image {at}">' for at, url in enumerate(urls, 1)]
    st.html(STYLE + f'<div class="rs">{"".join(tiles) or "<div></div>" * 8}</div>')
    st.caption(
        "Each by a draw of its own; another draw in every epoch."
        if spec.augment != "none"
        else "Unchanged: augmentation is off."
    )
