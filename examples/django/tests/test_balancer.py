from __future__ import annotations

import re
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from django.core.checks import run_checks
from evenkeel_django.backend.statements import is_write, stands_alone
from evenkeel_django.balancer import Balancer, Database, judge
from evenkeel_django.conf import LoadBalancer
from evenkeel_django.pool import PoolReader, parse_pool

HOSTS = {"db-0": "10.0.0.1", "db-1": "10.0.0.2", "db-2": "10.0.0.3"}


def endpoint(pod: str, address: str) -> dict[str, Any]:
    return {"pod": pod, "address": address, "ports": [{"name": "sql", "port": 5432}]}


def balancer(**settings: Any) -> Balancer:
    made = Balancer(LoadBalancer(databases={"db-0": {}, "db-1": {}, "db-2": {}}, **settings))
    for name in ("db-0", "db-1", "db-2"):
        made._answered(name, Database({}, is_up=True, has_table=True, response=0.010))
    return made


def placed() -> Balancer:
    return Balancer(LoadBalancer(databases={name: {"HOST": host, "PORT": 5432} for name, host in HOSTS.items()}))


def up(one: Balancer) -> None:
    for name in HOSTS:
        one._answered(name, Database(one.place(name), is_up=True, has_table=True))


class Statements(unittest.TestCase):
    def test_what_changes_nothing_is_no_write(self) -> None:
        for sql in (
            "SELECT 1",
            "  select 1",
            "(SELECT 1) UNION (SELECT 2)",
            "-- why\nSELECT 1",
            "/* a */ SELECT 1",
            "SAVEPOINT x",
        ):
            self.assertFalse(is_write(sql), sql)

    def test_all_else_is_one(self) -> None:
        for sql in (
            "INSERT INTO a VALUES (1)",
            "WITH x AS (DELETE FROM a) SELECT 1",
            "CREATE TABLE a ()",
            "",
            "-- SELECT\nDROP TABLE a",
        ):
            self.assertTrue(is_write(sql), sql)

    def test_some_are_none_for_a_transaction(self) -> None:
        for sql in ("VACUUM", "CREATE UNIQUE INDEX CONCURRENTLY x ON a (b)", "DROP INDEX CONCURRENTLY x"):
            self.assertTrue(stands_alone(sql), sql)
        self.assertFalse(stands_alone("CREATE INDEX x ON a (b)"))


class WhoMissesWrites(unittest.TestCase):
    def test_is_whoever_others_say(self) -> None:
        self.assertEqual(judge({"db-0": {"db-1": 5.0}, "db-2": {"db-1": 5.0}}), {"db-1"})

    def test_is_not_who_is_named_by_one_that_misses_writes_since(self) -> None:
        """db-1 went down while db-2 was out, and did not hear that db-2 is in step again."""
        self.assertEqual(judge({"db-0": {"db-1": 9.0}, "db-1": {"db-2": 5.0}, "db-2": {"db-1": 9.0}}), {"db-1"})


class Choice(unittest.TestCase):
    def test_takes_turns(self) -> None:
        one = balancer()
        self.assertEqual([one.next_reader() for _ in range(6)], ["db-0", "db-1", "db-2"] * 2)

    def test_takes_the_fastest(self) -> None:
        one = balancer(read="FastestResponse")
        one._answered("db-1", Database({}, is_up=True, has_table=True, response=0.001))
        self.assertEqual({one.next_reader() for _ in range(6)}, {"db-1"})
        one.fell("db-1", "gone")
        self.assertEqual(one.next_reader(), "db-0")

    def test_leaves_out_who_is_down_or_misses_writes(self) -> None:
        one = balancer()
        one.fell("db-0", "gone")
        one.missed("db-2")
        self.assertEqual(one.readers(), ["db-1"])
        self.assertEqual(one.writers(), ["db-1"])
        self.assertEqual(one.why("db-0"), "gone")
        self.assertEqual(one.why("db-2"), "not brought in step yet")

    def test_believes_what_it_has_seen_until_the_others_were_read_after_it(self) -> None:
        now = 100.0
        one = Balancer(LoadBalancer(databases={"db-0": {}, "db-1": {}}), clock=lambda: now)
        up = {"is_up": True, "has_table": True}
        one._answered("db-0", Database({}, read_at=99.0, **up))
        one._answered("db-1", Database({}, read_at=99.0, **up))
        one.missed("db-1")
        one._answered("db-0", Database({}, read_at=99.5, **up))
        self.assertEqual(one.behind(), {"db-1"})
        one._answered("db-0", Database({}, read_at=101.0, accuses={"db-1": 100.0}, **up))
        self.assertEqual(one.behind(), {"db-1"})
        one._answered("db-0", Database({}, read_at=102.0, **up))
        self.assertEqual(one.behind(), set())


class FromThePool(unittest.TestCase):
    document = {
        "endpoints": [endpoint("db-0", "10.0.0.1"), endpoint("db-1", "10.0.0.2")],
        "writers": [endpoint("db-0", "10.0.0.1"), endpoint("db-1", "10.0.0.2")],
    }

    def test_come_the_lists_and_where_everybody_is(self) -> None:
        pool = parse_pool(self.document)
        self.assertEqual(pool.places["db-1"], {"HOST": "10.0.0.2", "PORT": 5432})
        self.assertEqual((pool.read, pool.write), ({"db-0", "db-1"}, {"db-0", "db-1"}))

    def test_who_is_written_to_is_never_found_out(self) -> None:
        """One that the pool has lost may come back, and one that is new has nothing of what the others have."""
        one = balancer()
        one.take_in(parse_pool({"endpoints": [endpoint("db-0", "10.0.0.1"), endpoint("db-9", "10.0.0.9")]}))
        self.assertEqual(one.known(), {"db-0", "db-1", "db-2"})

    def test_a_database_that_the_pool_does_not_read_is_written_to_on_and_a_standby_is_not(self) -> None:
        one = placed()
        one.take_in(parse_pool({"endpoints": [endpoint("db-0", "10.0.0.1"), endpoint("db-1", "10.0.0.2")]}))
        up(one)
        self.assertEqual((one.readers(), one.writers()), (["db-0", "db-1"], ["db-0", "db-1", "db-2"]))
        one.take_in(parse_pool({**self.document, "writers": [endpoint("db-0", "10.0.0.1")]}))
        self.assertEqual((one.readers(), one.writers()), (["db-0", "db-1"], ["db-0", "db-2"]))

    def test_an_empty_pool_empties_nothing(self) -> None:
        one = balancer()
        one.take_in(parse_pool({"endpoints": [], "writers": []}))
        self.assertEqual(one.readers(), ["db-0", "db-1", "db-2"])
        self.assertEqual(one.writers(), ["db-0", "db-1", "db-2"])

    def test_one_that_moves_is_asked_anew_before_it_is_read_from(self) -> None:
        one = placed()
        up(one)
        one.take_in(parse_pool({"endpoints": [endpoint("db-0", "10.0.0.7")]}))
        self.assertEqual(one.place("db-0"), {"HOST": "10.0.0.7", "PORT": 5432})
        self.assertEqual(one.writers(), ["db-1", "db-2"])

    def test_one_of_which_the_pool_has_not_said_where_it_is_is_not_asked_elsewhere(self) -> None:
        one = Balancer(LoadBalancer(address="http://nowhere", databases={"db-0": {}}))
        one.ask("db-0")
        self.assertEqual(one.why("db-0"), "the pool has not said where it is")


class OverHttp(unittest.TestCase):
    def setUp(self) -> None:
        self.seen: list[tuple[str | None, str | None]] = []
        answers = iter([(200, b'{"endpoints": [], "writers": []}'), (304, b""), (503, b"{}"), (200, b"[]")])
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                seen.append((self.headers["Authorization"], self.headers["If-None-Match"]))
                status, body = next(answers)
                self.send_response(status)
                self.send_header("ETag", '"7"')
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}/v1/pools/shop/orders"

    def test_a_pool_is_read_with_the_key_of_now_and_only_where_it_changed(self) -> None:
        keys = iter(["one", "two", "three", "four"])
        reader = PoolReader(LoadBalancer(address=self.url, key=lambda: next(keys), databases={"db-0": {}}))
        self.assertIsNotNone(reader.read())
        self.assertIsNone(reader.read())
        with self.assertRaises(OSError):
            reader.read()
        with self.assertRaises(ValueError):
            reader.read()
        self.assertEqual(
            self.seen, [("Bearer one", None), ("Bearer two", '"7"'), ("Bearer three", '"7"'), ("Bearer four", '"7"')]
        )


class Keys(unittest.TestCase):
    def test_the_shop_makes_its_own(self) -> None:
        self.assertEqual([found for found in run_checks() if found.id == "evenkeel.W001"], [])


class Readme(unittest.TestCase):
    def test_names_every_setting(self) -> None:
        text = (Path(__file__).parent.parent / "README.md").read_text()
        settings = re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE)
        self.assertEqual(settings, [name.upper() for name in LoadBalancer.__dataclass_fields__])
