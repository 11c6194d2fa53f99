"""What a machine does between switched on and registered: pid 1 of the boot image, and the parent of the node."""
