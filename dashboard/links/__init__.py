"""What a link names: read in one place, before any page is drawn."""
