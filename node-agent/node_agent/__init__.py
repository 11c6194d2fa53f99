"""What runs on a node: an unprivileged agent that talks to the control plane, an executor that verifies and acts."""
