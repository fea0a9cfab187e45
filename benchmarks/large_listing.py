"""A large bucket's listing: one page after the other, and in ranges at once.

    python benchmarks/large_listing.py 1000000 --latency 30

A server of its own makes up COUNT keys and answers each page after LATENCY milliseconds, as a line
to a service far away would. The provider `s3` lists them in both ways, each in a process of its
own, which counts the keys, insists on their order, and prints the time and the peak of memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

PAGE = 1000
ROW = (
    "<Contents><Key>k{0:09}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
    "<ETag>&quot;{0:032x}&quot;</ETag><Size>{0}</Size><StorageClass>STANDARD</StorageClass></Contents>"
)

LIST = """
import resource, sys, time
from pathlib import Path
from buckia.engine.abreast import abreast
from buckia.provider import Context
from buckia_s3.opening import opened
from buckia_s3.options import Options

endpoint, count, ranges = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
context = Context(bucket_name="bucket", base=Path.cwd(), endpoint_url=endpoint)
store = opened(Options(anonymous=True), context)
ends = ["", *(f"k{count * n // ranges:09}" for n in range(1, ranges)), ""]
began = time.monotonic()
if ranges == 1:
    pages = store.scan()
else:
    pages = abreast(store.scan_between("", *pair) for pair in zip(ends, ends[1:]))
seen, last = 0, ""
for page in pages:
    for entry in page:
        assert entry.key > last, (last, entry.key)
        last = entry.key
        seen += 1
seconds = time.monotonic() - began
assert seen == count, seen
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(f"{ranges:>6} {seen:>9} {seconds:>8.1f} {seen / seconds:>9.0f} {peak:>6}")
"""


class Bucket(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    count = 0
    latency = 0.0

    def do_GET(self) -> None:
        query = dict(parse_qsl(urlsplit(self.path).query))
        if token := query.get("continuation-token"):
            first = int(token)
        else:
            after = query.get("start-after", "")
            first = int(after[1:]) + 1 if after else 0
        end = min(first + PAGE, self.count)
        more = end < self.count
        body = (
            "<?xml version='1.0' encoding='UTF-8'?>"
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name>'
            f"<KeyCount>{end - first}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>"
            + (f"<NextContinuationToken>{end}</NextContinuationToken>" if more else "")
            + "".join(map(ROW.format, range(first, end)))
            + "</ListBucketResult>"
        ).encode()
        time.sleep(self.latency)
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Nothing: the table is all that is shown."""


def serve(count: int, latency: float) -> None:
    """Until it is ended by whoever started it."""
    Bucket.count, Bucket.latency = count, latency
    with ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("count", type=int, nargs="?", default=100_000)
    parser.add_argument("--latency", type=float, default=0.0, help="milliseconds a page")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(given.count, given.latency / 1000)
        return
    words = [sys.executable, __file__, str(given.count), f"--latency={given.latency}", "--serve"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            endpoint = server.stdout.readline().strip()
            print("ranges      keys  seconds     per s     MB", flush=True)
            for ranges in (1, 4):
                command = [sys.executable, "-c", LIST, endpoint, str(given.count), str(ranges)]
                subprocess.run(command, check=True)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
