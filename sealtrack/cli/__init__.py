"""The command line. One small file a command; heavy imports stand inside the commands, so that `--help` is quick."""
