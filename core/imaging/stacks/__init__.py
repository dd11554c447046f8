"""Cut series into stacks and order their slices: slice attributes in, stacks out. No database, no numpy."""

from core.imaging.stacks.attributes import SliceAttributes
from core.imaging.stacks.build import SliceStack, build_stacks
from core.imaging.stacks.siblings import Sibling, siblings
from core.imaging.stacks.window import StackWindow, stack_window

__all__ = ["Sibling", "SliceAttributes", "SliceStack", "StackWindow", "build_stacks", "siblings", "stack_window"]
