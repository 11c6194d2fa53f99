"""The half that talks: gateway, queue, reports. It has no keys of trust and needs no privilege."""
