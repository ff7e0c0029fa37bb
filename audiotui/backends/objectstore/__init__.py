"""What S3 and MinIO locations share: how whole files, big files, listings and errors of a bucket are handled."""
