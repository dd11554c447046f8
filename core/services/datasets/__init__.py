"""Freeze labelled cases into immutable snapshots. Stands on annotation; knows nothing of images' files."""
