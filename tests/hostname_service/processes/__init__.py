"""The hostname service as the process that it is, with a real name server, under trouble."""
