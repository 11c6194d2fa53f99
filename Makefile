# Thin verbs; each does one thing and says what it needs.
SHELL := /bin/bash
.DELETE_ON_ERROR:
CACHE := $(or $(HARDPAN_CACHE),$(HOME)/.cache/hardpan)
VENV := .venv/bin

.PHONY: help setup demo demo-down test test-fast lint types crds bench lock
help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'
