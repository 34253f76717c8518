"""Which bytes: finding files, undoing their compression and encoding, and cutting them into blocks of whole lines."""
