"""The subcommands of `python -m bot`, one module each: NAME, HELP, EXAMPLE, add_arguments(parser), run(args)."""
