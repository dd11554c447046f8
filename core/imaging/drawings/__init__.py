"""Validate drawings, rasterise them, and exchange them as COCO, CSV, DICOM SEG and DICOM SR.

Law: x runs along rows, y down columns; 0, 0 is the upper left corner of the first pixel and 0.5, 0.5 its centre.
A pixel belongs to a drawing if its centre lies inside.
"""
