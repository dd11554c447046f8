"""`rounds show`: what was understood of an image, its picture and its values."""

from pathlib import Path

import numpy as np

from core.cli import context
from core.cli.parser import Arguments, Handler, Parser
from core.cli.result import Output
from core.errors import InvalidInput
from core.imaging.atomic_write import atomic_write
from core.services.images import show as show_service
from core.services.images.show import ShownImage


def add_show_arguments(parser: Parser) -> None:
    """Add the options of `rounds show`."""
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="file name, its stem, sha256, or id:NUMBER (default: all images)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.png", help="write the picture as the viewer first shows it")
    parser.add_argument("--values", type=Path, metavar="FILE.npy", help="write the rescaled values of all frames")
    parser.add_argument("--frame", type=int, metavar="N", help="frame of the picture, from 0 (default: the first)")


def show(arguments: Arguments) -> Output:
    """Return what was understood of each image; write the picture or the values of one."""
    db, settings, _ = context.open_workspace(arguments)
    shown = show_service.find_images(db, settings, arguments.names)
    if arguments.frame is not None and not arguments.out:
        raise InvalidInput("--frame chooses the frame of a picture; give its file with --out FILE.png.")
    if arguments.out:
        from PIL import Image

        grey = show_service.picture(settings, _only(shown, "--out").view, arguments.frame or 0)
        with atomic_write(arguments.out.expanduser(), durable=False) as file:
            Image.fromarray(grey).save(file, format="PNG")
    if arguments.values:
        rescaled = show_service.values(settings, _only(shown, "--values"))
        with atomic_write(arguments.values.expanduser(), durable=False) as file:
            np.save(file, rescaled)
    return [image.to_json() for image in shown]


def _only(shown: list[ShownImage], option: str) -> ShownImage:
    if len(shown) != 1:
        raise InvalidInput(f"{option} writes one image, and {len(shown)} match; name one, such as id:NUMBER.")
    return shown[0]


HANDLERS = {"show": Handler(add_show_arguments, show)}
