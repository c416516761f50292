"""One file a command (or group of commands); imported when the command is asked for."""
