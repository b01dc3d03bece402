"""Handle what every request needs: client address, context, rate limits, error pages, middleware."""
