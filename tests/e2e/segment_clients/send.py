"""Sends by segment-analytics-python. Arguments and end as of `send.cjs`."""

import sys
import time

import segment.analytics as analytics

host, write_key, what, *seconds = sys.argv[1:]
lost = []
analytics.host, analytics.write_key, analytics.gzip = host, write_key, True
analytics.on_error = lambda error, batch: lost.append((error, len(batch)))
analytics.max_queue_size = 100_000


def each():
    context = {"ip": "203.0.113.9", "userAgent": "Mozilla", "page": {"url": "https://x/", "title": "Home"}}
    analytics.track("u", "Bought", {"amount": 12.5}, context=context)
    analytics.page(anonymous_id="v", name="Home", category="Docs", properties={"url": "https://x/p"})
    analytics.screen(anonymous_id="v", name="Start")
    analytics.identify("u", {"plan": "pro"}, anonymous_id="v")
    analytics.group("u", "g", {"size": 3})
    analytics.alias("old", "u")
    analytics.track("old", "Back")


def many(count, spread_over):
    steps = 100
    for step in range(steps):
        for n in range(count * step // steps, count * (step + 1) // steps):
            analytics.track(f"python-{n}", "seen", {"n": n})
        time.sleep(spread_over / steps)


if what == "each":
    each()
else:
    many(int(what), float(seconds[0]))
analytics.shutdown()
if lost:
    sys.exit(f"gave up on {lost}")
