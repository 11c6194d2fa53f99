"""The commands, one file each (or one per noun); every module has `register(app)`."""
