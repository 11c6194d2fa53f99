"""The image of the control plane: one OCI image in which every controller, and Redis, runs. Always the same bytes."""
