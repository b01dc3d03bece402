"""Databases of earlier releases, kept as SQL, and the tests that migrate them."""
