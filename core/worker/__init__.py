"""Run jobs: the dispatcher claims and starts them, the runner calls the handler of one."""
