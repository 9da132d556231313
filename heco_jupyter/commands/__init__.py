"""The commands: their arguments, their help, and what each does. Shared by the magics and the command line."""
