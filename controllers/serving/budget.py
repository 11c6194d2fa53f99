"""Bytes that requests and answers may hold at a time: connections alone say nothing of what is under way on them."""

from __future__ import annotations

import asyncio

from controllers.serving.door import Door

# Each return wakes all who wait; more are turned away at once.
MOST_WAITING = 64


class Budget:
    """So many bytes in all, and of each network a part; who finds none left waits a little for others to end."""

    def __init__(self, most: int, each: int | None = None, seconds: float = 5.0) -> None:
        self._door, self._seconds = Door(most, each), seconds
        # In the order in which they came.
        self._waiting: dict[asyncio.Future[None], None] = {}

    async def take(self, address: str, amount: int) -> bool:
        """Whether this address has so much now."""
        try:
            async with asyncio.timeout(self._seconds):
                while not self._door.enter(address, amount):
                    if len(self._waiting) >= MOST_WAITING:
                        return False
                    await self._change()
        except TimeoutError:
            return False
        return True

    def give(self, address: str, amount: int) -> None:
        """So much of it is no longer needed."""
        self._door.leave(address, amount)
        for each in self._waiting:
            if not each.done():
                each.set_result(None)

    async def _change(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting[turn] = None
        try:
            await turn
        finally:
            del self._waiting[turn]
