"""What readers draw: its form, its pixels, and the files in which it travels.

Law: x runs along a row, y down the columns, 0, 0 is the upper left corner of the first pixel, whose middle is 0.5, 0.5.
A pixel belongs to a drawing when its middle lies inside.
"""
