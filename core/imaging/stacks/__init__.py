"""Cut series into stacks and order their slices: slice attributes in, stacks out. No database, no numpy."""

from core.imaging.stacks.attributes import SliceAttributes
from core.imaging.stacks.build import SliceStack, build_stacks
from core.imaging.stacks.window import StackWindow, stack_window

__all__ = ["SliceAttributes", "SliceStack", "StackWindow", "build_stacks", "stack_window"]
