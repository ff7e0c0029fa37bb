"""The service over HTTP: thin routes, each one call of the service. Needs the ``server`` extra."""
