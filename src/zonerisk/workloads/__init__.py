"""Workloads: a user's own deployment, sites and measurements, read and judged."""
