"""Eight augmented training images as the model will see them, before it is trained."""

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
    """Draw the images once they are computed, grey placeholders until then."""
    st.markdown("**Eight training images as the model will see them**")
    preflight.poll_until_ready(_pictures, resource_estimate.pictures, snapshot_id, spec, tuple(also))


def _pictures(estimate: EstimateResult, spec: TrainSpec) -> None:
    wired, session = context.app_context(), reader.session_id()
    if estimate.error:
        st.caption("The images cannot be shown: " + estimate.error)
        return
    urls = [wired.signer.url(f"/api/samples/{estimate.name}/{number}", session) for number in range(estimate.pictures)]
    tiles = [f'<img src="{url.replace("&", "&amp;")}" alt="augmented image {at}">' for at, url in enumerate(urls, 1)]
    st.html(STYLE + f'<div class="rs">{"".join(tiles) or "<div></div>" * 8}</div>')
    st.caption(
        "Each image is augmented at random, differently in every epoch."
        if spec.augment != "none"
        else "Augmentation is off: images are unchanged."
    )
