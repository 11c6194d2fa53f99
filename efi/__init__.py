"""The boot image: one EFI file that a bare machine starts, from which it becomes a node. The same bytes every time."""
