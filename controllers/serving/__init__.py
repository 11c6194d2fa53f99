"""How our servers take connections: counted before they cost anything, and each for a bounded time and memory."""
