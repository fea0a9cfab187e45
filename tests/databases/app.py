"""An app that keeps its database open and does what it is told, a line each; run as a script."""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections.abc import Iterable


class Writer(threading.Thread):
    """Commits one row after the other, without pause."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.ending = threading.Event()
        self.count = 0

    def run(self) -> None:
        database = opened(self.path)
        while not self.ending.is_set():
            database.execute("INSERT INTO words VALUES (?, 'late')", (5000 + self.count,))
            self.count += 1
        database.close()

    def end(self) -> int:
        self.ending.set()
        self.join()
        return self.count


def opened(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=5, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    return database


def main(path: str, lines: Iterable[str]) -> None:
    database = opened(path)
    # From then on a log lies beside it, as with any app that is at work.
    database.execute("REPLACE INTO words VALUES (0, 'agreed 0')")
    writer = Writer(path)
    for line in lines:
        answer: object = "done"
        match line.strip():
            case "on":
                writer.start()
            case "stop":
                answer = writer.end()
            case rows:
                database.execute("BEGIN")
                database.executemany("REPLACE INTO words VALUES (?, ?)", json.loads(rows))
                database.execute("COMMIT")
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin)
