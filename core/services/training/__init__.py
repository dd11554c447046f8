"""Plan, submit and list training runs. Stands on datasets."""
