"""Deploy: a user's own deployment, read and judged."""
