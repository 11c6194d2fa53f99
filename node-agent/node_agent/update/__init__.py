"""Brings a booted node from one boot image to the next: installs it beside the running one, tries it, and keeps it."""

SOUND = "sound"
"""A file that is made once this image is a working node."""
