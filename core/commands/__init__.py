"""The commands of `rounds` that need no screen, a function each: the same services without a browser.

What they take stands in `core.arguments`.
"""
