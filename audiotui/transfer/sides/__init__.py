"""Processes beside that of a job, which move some of its small files: Python computes on one core at a time."""
