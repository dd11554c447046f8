"""Import drawings from COCO JSON: without loss from Rounds, as far as COCO describes them from other tools."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import InvalidInput
from core.imaging.drawings import geometry_schema, masks
from core.imaging.drawings.records import DrawingRecord, Source

Json = dict[str, Any]


def read(data: bytes) -> Iterator[DrawingRecord]:
    """Yield the drawings of a COCO file, from Rounds or another tool.

    Raises:
        InvalidInput: not a COCO file, or an invalid annotation, named by its ID.
    """
    file = _parse(data)
    images = {one["id"]: _source(one) for one in _rows(file, "images")}
    names = {one["id"]: str(one.get("name", "")) for one in _rows(file, "categories")}
    for row in _rows(file, "annotations"):
        where = f"annotation {row['id']}"
        if row.get("image_id") not in images:
            raise InvalidInput(f"{where} refers to image {row.get('image_id')}, which is not in the file.")
        source, frame = images[row["image_id"]]
        try:
            yield (
                _from_rounds(row, source, frame, where)
                if "rounds" in row
                else _from_coco(row, source, frame, names, where)
            )
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise InvalidInput(f"{where} cannot be read ({type(error).__name__}); export it again.") from error


def _from_rounds(row: Json, source: Source, frame: int, where: str) -> DrawingRecord:
    extension = row["rounds"]
    geometry = extension["geometry"] if "geometry" in extension else {"counts": row["segmentation"]["counts"]}
    sha256, item = extension["case"]
    return DrawingRecord(
        source=source,
        frame=frame,
        shape=str(extension["shape"]),
        geometry=geometry,
        label=extension["class"],
        where=where,
        key=str(extension["key"]),
        reader=str(extension["reader"]),
        at=float(extension["at"]),
        case=Source(sha256=sha256, item=item),
    )


def _from_coco(row: Json, source: Source, frame: int, names: Mapping[Any, str], where: str) -> DrawingRecord:
    shape, geometry = _shape(row, source, where)
    if row.get("category_id") not in names:
        raise InvalidInput(f"{where} refers to category {row.get('category_id')}, which is not in the file.")
    return DrawingRecord(source, frame, shape, geometry, names[row["category_id"]] or None, where=where)


def _shape(row: Json, source: Source, where: str) -> tuple[str, Json]:
    outlines = row.get("segmentation")
    if isinstance(outlines, dict):
        rows, columns = (int(side) for side in outlines["size"])
        counts = outlines["counts"]
        if isinstance(counts, str):
            raise InvalidInput(
                f"{where} has compressed run lengths; write them as a list of counts "
                "(pycocotools.mask.decode undoes them), or as polygons."
            )
        if (source.rows or rows, source.columns or columns) != (rows, columns):
            raise InvalidInput(
                f"{where} has a mask of {columns} × {rows} pixels, its image {source.columns} × "
                f"{source.rows}; both must be equal."
            )
        return "mask", {"counts": counts}
    rings = [[list(map(float, ring[at : at + 2])) for at in range(0, len(ring), 2)] for ring in outlines or []]
    if len(rings) == 1:
        return "polygon", {"points": rings[0]}
    if rings:
        return "mask", _merge_rings(rings, source, where)
    if row.get("num_keypoints") == 1 and len(row.get("keypoints", [])) == 3:
        return "point", {"points": [row["keypoints"][:2]]}
    if not row.get("bbox"):
        raise InvalidInput(f"{where} has neither a segmentation nor a bbox; add one of them.")
    x, y, width, height = (float(side) for side in row["bbox"])
    return "box", {"points": [[x, y], [x + width, y + height]]}


def _merge_rings(rings: list[masks.Points], source: Source, where: str) -> Json:
    """Return the union of several outlines of one annotation as a mask."""
    if not 0 < source.rows * source.columns <= geometry_schema.MAX_PIXELS:
        raise InvalidInput(f"{where} has several outlines, but its image has no plausible width and height; add them.")
    pixels = masks.fill(rings[0], source.rows, source.columns)
    for ring in rings[1:]:
        pixels |= masks.fill(ring, source.rows, source.columns)
    return {"counts": masks.to_counts(pixels)}


def _source(row: Json) -> tuple[Source, int]:
    frame, rows, columns = row.get("frame", 0), row.get("height", 0), row.get("width", 0)
    if not all(type(number) is int and number >= 0 for number in (frame, rows, columns)):
        raise InvalidInput(f"image {row['id']} has a width, height or frame that is not a whole number from 0 on.")
    sha256, item, name = (str(row.get(part, "")) for part in ("sha256", "item", "file_name"))
    return Source(sha256, item, name, rows=rows, columns=columns), frame


def _rows(file: Json, name: str) -> list[Json]:
    rows = file.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) and type(row.get("id")) is int for row in rows):
        raise InvalidInput(f"has no list '{name}' with a whole number 'id' per entry; it is not a COCO file.")
    return rows


def _parse(data: bytes) -> Json:
    try:
        file = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("is not valid JSON; a COCO file is JSON with images, categories and annotations.") from error
    if not isinstance(file, dict):
        raise InvalidInput("is not a COCO file; such a file has images, categories and annotations.")
    return file
