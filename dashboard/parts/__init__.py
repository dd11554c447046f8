"""Parts of pages. Law: `show(...)` returns a value and owns its widget keys."""
