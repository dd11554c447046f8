"""Read DICOM: headers, pixels and geometry (PS3.3, PS3.5)."""
