"""The Helm charts, and what writes their derived files: `python -m charts --write|--check`."""
