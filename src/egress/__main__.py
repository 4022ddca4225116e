"""The command `egress`, also as `python -m egress`.

Ctrl-C is answered from the first line on: typer takes a while to import, and Python would show a traceback.
"""

import _thread  # this one and the next three are there already: nothing is read from disk without a guard
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sys import UnraisableHookArgs

PAUSE = 0.02  # seconds until a Ctrl-C that was lost is tried again


def main() -> None:
    """Run the command `egress` and leave with its exit code."""
    try:
        import signal

        ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # a shell has background jobs ignore it
        if ours:
            signal.signal(signal.SIGINT, _leave)
            sys.unraisablehook = _ignored
        from egress.cli import main as obey

        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # an exception, so that half a folder is removed
        obey()
    except KeyboardInterrupt:
        _leave()


def _leave(*_: object) -> None:
    """Leave at once; nothing is written yet."""
    os.write(2, b"stopped; nothing was written\n")
    os._exit(130)


def _ignored(error: "UnraisableHookArgs") -> None:
    """Send Ctrl-C again where Python had to ignore it, as it does in some moments of an import."""
    if error.exc_type is KeyboardInterrupt:
        _thread.start_new_thread(_interrupt_soon, ())
    else:
        sys.__unraisablehook__(error)


def _interrupt_soon() -> None:
    time.sleep(PAUSE)
    _thread.interrupt_main()


if __name__ == "__main__":
    main()
