"""Starts one program, waits for it, and writes down what the system says that it took.

    python -I -S launcher.py FIGURES PROGRAM [WORD ...]

A program's peak of memory begins with that of whoever started it, so this one imports next to
nothing. Four numbers go to the file FIGURES: seconds that passed, seconds of both processors,
bytes of memory at the peak, and how it ended.
"""

import os
import sys
import time


def main() -> None:
    figures, *words = sys.argv[1:]
    began = time.monotonic()
    process = os.fork()
    if process == 0:
        try:
            os.execvp(words[0], words)
        finally:
            os._exit(127)
    _, status, usage = os.wait4(process, 0)
    wall = time.monotonic() - began
    cpu = usage.ru_utime + usage.ru_stime
    ended = os.waitstatus_to_exitcode(status)
    with open(figures, "w") as file:  # noqa: PTH123 - pathlib takes more than all the rest
        file.write(f"{wall} {cpu} {usage.ru_maxrss * 1024} {ended}")


main()
