"""The demo's guest: a raw disk of Debian's cloud kernel and an initramfs that we build."""
