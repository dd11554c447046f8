"""Keep the truth about jobs and start their processes. Stands below the services; knows the catalogue."""
