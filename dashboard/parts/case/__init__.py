"""Parts of the Case page."""
