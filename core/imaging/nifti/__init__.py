"""Read NIfTI files and pairs with nibabel, for the importer of volumes."""
