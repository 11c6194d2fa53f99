"""What `helm test` runs in a pod: the way of a machine into an installation, and of a deployment onto it."""
