"""Pages. Law: a linear script of about one screen: read the URL, ask a service, show."""
