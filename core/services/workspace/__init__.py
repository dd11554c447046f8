"""Open, check, back up and restore a home; fill the demo. The uppermost room of the services."""
