"""The limits of the web channel and the address they count by (TRUST WW-10)."""

from __future__ import annotations

import json

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.channels.web.edge import AddressBook
from bot.channels.web.frames import BadFrame, read_frame
from bot.channels.web.limits import SocketCount, TokenBuckets, TooManySockets, WebLimits


def address(remote: str, *forwarded: str, trusted: tuple[str, ...] = ("10.0.0.0/8", "::1")) -> str:
    headers = CIMultiDict([("X-Forwarded-For", line) for line in forwarded])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)
    return AddressBook(trusted).address_of(request)


@pytest.mark.parametrize(
    ("remote", "forwarded", "expected"),
    [
        ("203.0.113.9", ("1.1.1.1",), "203.0.113.9"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("10.0.0.1", ("1.1.1.1, 203.0.113.9",), "203.0.113.9"),
        ("10.0.0.1", ("1.1.1.1, 203.0.113.9, 10.0.0.2",), "203.0.113.9"),
        ("10.0.0.1", ("1.1.1.1", "203.0.113.9"), "203.0.113.9"),
        ("10.0.0.1", ("10.9.9.9",), "10.9.9.9"),
        ("10.0.0.1", (" , ,",), "10.0.0.1"),
        ("::1", ("2001:db8::7",), "2001:db8::7"),
        ("10.0.0.1", ("1.1.1.1, unknown",), "unknown"),
    ],
)
def test_the_client_is_the_nearest_hop_that_is_no_proxy_of_ours(
    remote: str, forwarded: tuple[str, ...], expected: str
) -> None:
    assert address(remote, *forwarded) == expected


def test_without_trusted_proxies_no_header_counts() -> None:
    assert address("127.0.0.1", "1.1.1.1", trusted=()) == "127.0.0.1"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_free_and_then_a_line_waits_its_time() -> None:
    clock = Clock()
    buckets = TokenBuckets(per_minute=30, burst=5, clock=clock)
    assert [buckets.take("v") for _ in range(5)] == [0.0] * 5
    wait = buckets.take("v")
    assert wait == pytest.approx(2.0)
    assert buckets.take("another") == 0.0
    clock.now += wait
    assert buckets.take("v") == 0.0
    assert buckets.take("v") > 0


def test_to_ask_too_often_does_not_put_off_further() -> None:
    clock = Clock()
    buckets = TokenBuckets(per_minute=60, burst=1, clock=clock)
    buckets.take("v")
    for _ in range(9):
        clock.now += 0.1
        assert buckets.take("v") > 0
    clock.now += 0.11
    assert buckets.take("v") == 0.0


def test_buckets_of_visitors_who_left_are_forgotten() -> None:
    clock = Clock()
    buckets = TokenBuckets(per_minute=60, burst=5, clock=clock)
    for number in range(30_000):
        clock.now += 0.01
        buckets.take(f"visitor {number}")
    assert len(buckets._buckets) < 12_000


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 5)), max_size=60))
def test_no_key_ever_gets_more_than_its_burst_and_its_rate(asks: list[tuple[str, float]]) -> None:
    clock = Clock()
    buckets = TokenBuckets(per_minute=60, burst=3, clock=clock)
    granted = dict.fromkeys("abc", 0)
    for key, pause in asks:
        clock.now += pause
        granted[key] += buckets.take(key) == 0.0
        assert granted[key] <= 3 + clock.now + 1e-6


def test_a_place_is_given_back_whatever_happens_in_it() -> None:
    count = SocketCount(WebLimits(sockets_per_address=1, sockets_per_visitor=1, sockets_total=2))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), count.of_address("a"), count.of_visitor("v"):
            _ = 1 / 0
    with count.of_address("a"), count.of_address("b"):
        with pytest.raises(TooManySockets), count.of_address("a"):
            pass
        with pytest.raises(TooManySockets), count.of_address("c"):
            pass
    assert not count._addresses
    assert not count._visitors


def is_a_frame_or_a_bad_frame(raw: str | bytes) -> bool:
    try:
        read_frame(raw)
    except BadFrame as error:
        return len(str(error)) <= 300
    return True


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_whatever_comes_in_is_a_frame_or_a_bad_frame(raw: str | bytes) -> None:
    assert is_a_frame_or_a_bad_frame(raw)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["type", "client_id", "text", "button", "seq", "x"]), json_values))
def test_whatever_object_comes_in_is_a_frame_or_a_bad_frame(body: dict[str, object]) -> None:
    for kind in ("hello", "send", "since", "language", "typing", "ping"):
        assert is_a_frame_or_a_bad_frame(json.dumps(body | {"type": kind}))
