"""The service's metadata documents: one for each asset, in the catalog or in MongoDB, by one contract."""
