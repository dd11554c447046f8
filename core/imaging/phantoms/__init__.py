"""Synthesise chest radiographs with known ground truth, which is written to a key file.

Law: the synthesis does not use any detector, and no detector reads the key.
"""
