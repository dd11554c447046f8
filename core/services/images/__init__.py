"""Import files and list images. A lowest room: it stands on annotation alone."""
