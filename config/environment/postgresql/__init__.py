"""Django's PostgreSQL backend with a pool whose connections survive a restart of the server."""
