"""Write the metadata of imported images."""

from collections.abc import Mapping, Sequence

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.imaging import deidentify
from core.imaging.deidentify import Identity
from core.services.imports.import_item import LABEL, ImportItem
from db import queries
from db.tables import Fact

LONGEST_FACT = 200


def add_facts(session: Session, items: Sequence[ImportItem], ids: Mapping[tuple[str, str], int]) -> None:
    """Write the metadata of the files and of their rows of the table, masked and cut."""
    values: dict[tuple[int, str], str] = {}
    for item in items:
        known_images = (
            {key: image_id for key, image_id in ids.items() if key[0] == item.result.sha256} if not item.images else {}
        )
        row = Identity(patient_id=item.patient_id, others=item.others)
        for image_id in known_images.values():
            for name, value in item.facts.items():
                values[image_id, name] = deidentify.scrub_name(value, [row])[:LONGEST_FACT]
        for image in item.images:
            image_id = ids[item.result.sha256, image.item]
            identity = [item.identity_of(image)]
            archive_label = {LABEL: image.label} if image.label else {}
            facts = {**image.facts, **item.facts, **archive_label}
            for name, value in zip(facts, deidentify.scrub_names(list(facts.values()), identity), strict=True):
                values[image_id, name] = value[:LONGEST_FACT]
    existing = queries.facts_of(session, {image_id for image_id, _ in values})
    fresh = []
    for (image_id, name), value in values.items():
        if name not in existing.get(image_id, {}):
            fresh.append({"image_id": image_id, "name": name, "value": value})
        elif existing[image_id][name] != value and deidentify.MASK not in existing[image_id][name]:
            # Keep masked values: for a known file only the CSV row is available, not the identity in its header.
            session.merge(Fact(image_id=image_id, name=name, value=value))
    session.flush()
    if fresh:
        session.execute(insert(Fact), fresh)
