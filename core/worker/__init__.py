"""Run jobs: the dispatcher claims and starts them, the runner carries one out by its handler."""
