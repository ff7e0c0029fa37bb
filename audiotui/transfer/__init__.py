"""Moving bytes: what is to be copied where, which jobs there are, and the engine that carries them out."""
