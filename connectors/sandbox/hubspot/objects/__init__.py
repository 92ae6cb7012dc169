"""Records and the links between them: reading and writing."""
