"""What sound files hold: ``probe`` reads their facts. Knows files and decoders, but no catalog and no locations."""
