"""A function that takes a while to load."""

import time

from served import act

time.sleep(0.6)
__all__ = ["act"]
