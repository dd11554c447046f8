"""Queue jobs in the catalogue and start their processes. Below the services."""
