"""Serialize cases and images for the viewer: plain JSON with signed URLs."""

from collections.abc import Sequence
from typing import Any

from core.imaging.pixel_format import PATIENT, TOMOGRAPHIC
from core.services.annotation import annotations
from core.services.annotation.case_views import CaseView
from core.services.images import image_pixels, images
from core.services.images.images import ImageView
from dashboard.server.signed_urls import Signer
from db import Database

SHOWN_FACTS = ("age", "sex", "view", "modality", "stack", "body_part", "site")


def image(view: ImageView, signer: Signer, session: str) -> dict[str, Any]:
    """Return an image: its pixel format, and signed URLs of every frame and of the previews of large frames."""
    fields = view.format.to_json()
    for internal in ("decoder", "frame_order"):
        fields.pop(internal)
    modality = view.facts.get("modality", "")
    if fields["spacing"] and modality in TOMOGRAPHIC:
        fields["spacing_at"] = PATIENT  # an older catalogue stores the spacing without the plane where it is valid
    urls = {"urls": _frames("pixels", view, signer, session)}
    if image_pixels.has_preview(view):
        urls["previews"] = _frames("preview", view, signer, session)
    body_part = view.facts.get("body_part", "")
    return {**fields, "id": view.id, "series": view.series_id, "modality": modality, "body_part": body_part, **urls}


def _frames(kind: str, view: ImageView, signer: Signer, session: str) -> list[str]:
    return [signer.url(f"/api/{kind}/{view.id}/{frame}", session) for frame in range(view.format.frames)]


def companions(view: ImageView, signer: Signer, session: str) -> str:
    """Return the signed URL of the other images of the same patient."""
    return signer.url(f"/api/companions/{view.id}", session)


def siblings(views: Sequence[ImageView], signer: Signer, session: str) -> dict[str, str]:
    """Return the signed URL of the stacks to lay beside each stack of some images, by its series."""
    stacks = dict.fromkeys(view.series_id for view in views if view.series_id is not None)
    return {str(series): signer.url(f"/api/siblings/{series}", session) for series in stacks}


def case(view: CaseView, pictures: Sequence[ImageView], signer: Signer, session: str) -> dict[str, Any]:
    """Return a case with its image, or its stack in order."""
    facts = {name: view.facts[name] for name in SHOWN_FACTS if name in view.facts}
    middle = view.image_ids[len(view.image_ids) // 2]
    return {
        "id": view.id,
        "patient": view.patient,
        "facts": facts,
        **current_answer(view),
        "comments": view.comments,
        "comments_url": signer.url(f"/api/comments/{view.id}", session),
        "drawings": signer.url(f"/api/drawings/{view.id}", session),
        "thumbnail": signer.url(f"/api/thumbnail/{middle}", session),
        "images": [image(picture, signer, session) for picture in pictures],
        "companions": companions(pictures[len(pictures) // 2], signer, session) if pictures else None,
        "siblings": siblings(pictures, signer, session),
    }


def current_answer(view: CaseView) -> dict[str, Any]:
    """Return the current answer of a case; `findings` by class position."""
    return {
        "answer": view.answer,
        "label": view.label,
        "findings": view.findings,
        "value": view.value,
        "reason": view.reason,
    }


def cases(db: Database, views: Sequence[CaseView], signer: Signer, session: str) -> list[dict[str, Any]]:
    """Return several cases; their images are read with one query."""
    ids = [image_id for view in views for image_id in view.image_ids]
    by_id = {picture.id: picture for picture in images.many(db, ids)}
    return [case(view, [by_id[image_id] for image_id in view.image_ids], signer, session) for view in views]


def queue(
    db: Database, signer: Signer, session: str, *, task_id: int, only: str, after: int = 0, limit: int = 12
) -> list[dict[str, Any]]:
    """Return the next cases of a task."""
    return cases(db, annotations.queue(db, task_id=task_id, only=only, after=after, limit=limit), signer, session)
