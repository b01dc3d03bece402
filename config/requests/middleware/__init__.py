"""Middleware, in the order of `config.settings.MIDDLEWARE`."""
