"""The command line. What a medium can be asked for comes from the declarations of the backends, never from here."""
