"""What `hardpan doctor` looks at: one check a file, each over a small seam with a fake in `testing`."""
