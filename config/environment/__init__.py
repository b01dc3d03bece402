"""Read and check environment variables, keys and databases; configure logging."""
