"""Follows a pool of Evenkeel over HTTP, and says where the next request is to go. Needs Python 3.9 and nothing else.

    python3 follow_pool.py http://evenkeel.evenkeel:8080/v1/pools/shop/checkout

prints the next pod, as ADDRESS:PORT, for every line that it reads.
"""

import http.client
import json
import random
import sys
import threading
import time
import urllib.request


class Pool:
    """The pods of a pool. While the operator is away, the last list stands."""

    def __init__(self, url):
        self.ready = threading.Event()
        self._url = url
        self._lock = threading.Lock()
        self._pods = []  # [address:port, weight, credit]
        threading.Thread(target=self._follow, daemon=True).start()

    def next(self):
        """The next pod by weight; None while there is none. Takes turns, which spreads better than drawing lots."""
        with self._lock:
            total = sum(weight for _, weight, _ in self._pods)
            if total == 0:
                return None
            for pod in self._pods:
                pod[2] += pod[1] / total
            chosen = max(self._pods, key=lambda pod: pod[2])
            chosen[2] -= 1
            return chosen[0]

    def _take(self, document):
        with self._lock:
            credits = {name: credit for name, _, credit in self._pods}
            self._pods = []
            for endpoint in document["endpoints"]:
                name = f"{endpoint['address']}:{endpoint['ports'][0]['port']}"
                # Clients that come at the same time must not all begin with the same pod.
                self._pods.append([name, endpoint["weight"], credits.get(name, random.random())])
        self.ready.set()

    def _follow(self):
        wait = 0.5
        while True:
            try:
                # The operator says something every ten seconds.
                with urllib.request.urlopen(self._url + "/watch", timeout=25) as stream:
                    event = None
                    for line in stream:
                        field, _, value = line.decode().rstrip("\r\n").partition(": ")
                        if field == "event":
                            event = value
                        elif field == "data" and event == "pool":
                            self._take(json.loads(value))
                            wait = 0.5
            except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError) as error:
                print(f"{self._url}: {error}", file=sys.stderr)
            time.sleep(wait * random.uniform(0.5, 1.5))
            wait = min(wait * 2, 30)


if __name__ == "__main__":
    pool = Pool(sys.argv[1])
    pool.ready.wait()
    for _ in sys.stdin:
        print(pool.next(), flush=True)
