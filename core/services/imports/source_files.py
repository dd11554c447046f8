"""The files that an import reads: those of its folder, and those of its archives, by names that say where they lay."""

from dataclasses import dataclass, replace
from pathlib import Path

from core.errors import InvalidInput
from core.imaging.file_listing import FileListing, list_paths
from core.imaging.tables.file_names import composed
from core.services.imports.import_request import ImportRequest


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """The files below the folder `root`, and below `staging` those of its archives, each in a folder of its name."""

    listing: FileListing
    root: Path
    staging: Path | None = None

    @classmethod
    def of(cls, request: ImportRequest) -> "SourceFiles":
        """List the files of a request; archives are files.

        Raises:
            InvalidInput: there is no such folder, it may not be read, or it has no files.
        """
        path = request.path.expanduser().absolute()
        request.check_within()
        if not path.exists():
            raise InvalidInput(f"{path} does not exist; give a folder or a file that exists.")
        listing = list_paths(path, request.within)
        if not listing.files and not listing.refused:
            raise InvalidInput(f"The folder {path} has no files; choose the folder with the images.")
        return cls(listing, path if path.is_dir() else path.parent)

    def without(self, table: Path | None) -> "SourceFiles":
        """Return the files but the table.

        Raises:
            InvalidInput: there are no others.
        """
        if table is None or not table.exists():
            return self
        files = tuple(file for file in self.listing.files if not file.samefile(table))
        if not files and not self.listing.refused:
            raise InvalidInput(f"The folder {self.root} has no files; choose the folder with the images.")
        return replace(self, listing=replace(self.listing, files=files))

    def name(self, path: Path) -> str:
        """Return the relative path as composed text, even if the file system's bytes are not valid text."""
        is_unpacked = self.staging is not None and path.is_relative_to(self.staging)
        relative = path.relative_to(self.staging if is_unpacked and self.staging else self.root)
        return composed(relative.as_posix().encode("utf-8", "replace").decode())
