"""Export drawings as COCO JSON, with an extension `rounds` that makes the import lossless.

Each frame is a COCO image; COCO coordinates start at the corner of the first pixel, as ours do. Box, polygon and
freehand become polygons, mask and ellipse uncompressed run lengths, a point a keypoint. Order and IDs depend on the
content only: the same drawings give the same bytes.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from core.imaging.drawings import geometry_schema, masks
from core.imaging.drawings.records import DrawingRecord, DrawingSet, Source, short_names

FORMAT = "rounds drawings 1"
NO_CLASS = 0  # COCO requires a category per annotation; those of classes start at 1
Json = dict[str, Any]


def write(album: DrawingSet) -> bytes:
    """Return the COCO file of a drawing set: one image, category or annotation per line."""
    names = short_names(album.drawings)
    frames = list(dict.fromkeys(_frame(one) for one in album.drawings))
    images = {frame: number for number, frame in enumerate(frames, start=1)}
    sizes = {_frame(one): one.source for one in album.drawings}
    classes = [
        *([(NO_CLASS, "")] if any(one.label is None for one in album.drawings) else []),
        *enumerate(album.classes, start=1),
    ]
    parts = {
        "images": [_image(number, frame, sizes[frame], names) for frame, number in images.items()],
        "categories": [{"id": number, "name": name, "supercategory": ""} for number, name in classes],
        "annotations": [
            _annotation(number, images[_frame(drawing)], drawing, album.classes)
            for number, drawing in enumerate(album.drawings, start=1)
        ],
    }
    head = _line({"description": f"Drawings of task '{album.task}'", "version": FORMAT})
    lists = [f'"{name}":[\n' + ",\n".join(map(_line, rows)) + "\n]" for name, rows in parts.items()]
    return ("{" + ",\n".join([f'"info":{head}', '"licenses":[]', *lists]) + "}\n").encode()


def _frame(drawing: DrawingRecord) -> tuple[str, str, int]:
    return drawing.source.sha256, drawing.source.item, drawing.frame


def _image(number: int, frame: tuple[str, str, int], size: Source, names: Mapping[tuple[str, str], str]) -> Json:
    sha256, item, index = frame
    return {
        "id": number,
        "file_name": names[sha256, item],
        "width": size.columns,
        "height": size.rows,
        "sha256": sha256,
        "item": item,
        "frame": index,
    }


def _annotation(number: int, image: int, drawing: DrawingRecord, classes: tuple[str, ...]) -> Json:
    pixels = masks.mask(drawing.shape, drawing.geometry, drawing.source.rows, drawing.source.columns)
    case = drawing.case or drawing.source
    extension = {
        "key": drawing.key,
        "shape": drawing.shape,
        "class": drawing.label,
        "reader": drawing.reader,
        "at": drawing.at,
        "case": [case.sha256, case.item],
    }
    geometry = (
        {} if drawing.shape == "mask" else {"geometry": drawing.geometry}
    )  # the run lengths are in the segmentation
    return {
        "id": number,
        "image_id": image,
        "category_id": NO_CLASS if drawing.label is None else classes.index(drawing.label) + 1,
        **SEGMENTATIONS[drawing.shape](drawing, pixels),
        "area": int(pixels.sum()),
        "bbox": _bbox(drawing, pixels),
        "iscrowd": 0,
        "rounds": {**extension, **geometry},
    }


def _corners(drawing: DrawingRecord, _pixels: masks.Mask) -> Json:
    points = drawing.geometry["points"]
    if drawing.shape == "box":
        (x0, y0), (x1, y1) = points
        points = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    return {"segmentation": [[value for point in points for value in point]]}


def _runs(_drawing: DrawingRecord, pixels: masks.Mask) -> Json:
    return {"segmentation": {"counts": masks.to_counts(pixels), "size": list(pixels.shape)}}


def _keypoint(drawing: DrawingRecord, _pixels: masks.Mask) -> Json:
    return {"segmentation": [], "keypoints": [*drawing.geometry["points"][0], 2], "num_keypoints": 1}


SEGMENTATIONS: dict[str, Callable[[DrawingRecord, masks.Mask], Json]] = {
    "box": _corners,
    "polygon": _corners,
    "freehand": _corners,
    "ellipse": _runs,
    "mask": _runs,
    "point": _keypoint,
}


def _bbox(drawing: DrawingRecord, pixels: masks.Mask) -> list[float]:
    if drawing.shape not in ("box", "polygon", "freehand"):
        return [float(side) for side in masks.bounds(pixels)]
    across, down = zip(*drawing.geometry["points"], strict=True)
    sides = (min(across), min(down), max(across) - min(across), max(down) - min(down))
    return [round(side, geometry_schema.DIGITS) for side in sides]


def _line(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
