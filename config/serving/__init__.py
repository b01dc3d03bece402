"""Start, supervise and probe the service."""
