"""What each command does: one module a topic. `cli.COMMANDS` lists them all."""
