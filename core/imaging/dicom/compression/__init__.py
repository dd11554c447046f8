"""Compressed pixel data of DICOM: fragments cut into frames, and frames decoded by their own bytes."""
