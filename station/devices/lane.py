"""A lane is one thread on which a device is opened, used and closed; a printer and its encoder share one.

A step in a lane is never abandoned: the caller waits for its end, however long the driver's own deadline is, because a
device whose step was forgotten would do it later, on another card. Deadlines belong to the drivers' calls.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Generic, TypeVar

from drivers.contracts.errors import DeviceError, TransportError
from station.ports import DeviceAway

D = TypeVar("D")
T = TypeVar("T")


class Lane(Generic[D]):
    """Opens its device lazily by `opener` and closes it by `closer` after a `TransportError`: the next step reopens."""

    def __init__(self, name: str, opener: Callable[[], D], closer: Callable[[D], None]) -> None:
        self.name = name
        self.trouble = ""  # the last error, empty when the last step was well
        self.steps_waiting = 0  # asked for and not ended, even when the caller was interrupted
        self._counting = Lock()  # callers come from any thread
        self._opener, self._closer = opener, closer
        self._device: D | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"lane-{name}")

    @property
    def is_open(self) -> bool:
        return self._device is not None

    def run(self, step: Callable[[D], T]) -> T:
        """Runs `step` on the lane's thread and returns when it has ended. `DeviceAway` if it cannot be opened."""
        with self._counting:
            ending = self._submit(step)
        return ending.result()

    def run_if_free(self, step: Callable[[D], T]) -> T | None:
        """As `run`; `None`, and nothing is done, when a step is at work or waits."""
        with self._counting:
            if self.steps_waiting > 0:
                return None
            ending = self._submit(step)
        return ending.result()

    def close(self) -> None:
        self._thread.submit(self._drop).result()
        self._thread.shutdown()

    def _submit(self, step: Callable[[D], T]) -> Future[T]:
        self.steps_waiting += 1
        try:
            return self._thread.submit(self._counted, step)
        except RuntimeError:  # the lane is closed
            self.steps_waiting -= 1
            raise

    def _counted(self, step: Callable[[D], T]) -> T:
        try:
            return self._step(step)
        finally:
            with self._counting:
                self.steps_waiting -= 1

    def _step(self, step: Callable[[D], T]) -> T:
        device = self._opened()
        try:
            result = step(device)
        except TransportError as error:
            self.trouble = error.reason
            self._drop()
            raise
        except DeviceError as error:
            self.trouble = str(error)
            raise
        self.trouble = ""
        return result

    def _opened(self) -> D:
        if self._device is None:
            try:
                self._device = self._opener()
            except DeviceAway as away:
                # A printer's lane opens two devices: which of them is away is worth saying.
                self.trouble = away.reason if away.name == self.name else str(away)
                raise DeviceAway(self.name, self.trouble) from away
            except Exception as error:
                self.trouble = str(error)
                raise DeviceAway(self.name, self.trouble) from error
        return self._device

    def _drop(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            try:
                self._closer(device)
            except Exception as error:  # a dead line cannot be closed politely; the next step opens a new one
                self.trouble = self.trouble or f"{type(error).__name__}: {error}"
