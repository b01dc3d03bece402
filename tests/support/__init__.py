"""Helpers that tests share: people, servers, databases and browsers."""
