"""What `helm uninstall` runs first where it was asked to: takes off the nodes what is on them, then the rest."""
