"""An app that writes all the time; run as a script: python app.py DATABASE.

Says after each commit how many there were, until its input ends. Between two of them it leaves
others a moment, as apps do.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from contextlib import closing


def main(database: str) -> None:
    over = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=listen).start()
    number = 0
    with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
        while not over.wait(0.005):
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO own (text) VALUES (?)", (f"row {number}",))
            connection.execute("UPDATE counter SET n = n + 1")
            connection.execute("COMMIT")
            number += 1
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()


main(sys.argv[1])
