"""Locations: where files are stored. ``base`` has the contract, ``options`` what a configuration says of them."""
