"""What the demo shop sells, where its visitors come from and what they hold in their hands: data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SITE: Final = "https://coffee.example"


@dataclass(frozen=True, slots=True)
class Product:
    """Something to buy; the price is in euros."""

    sku: str
    name: str
    category: str
    price: float
    popularity: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where a visitor comes from. `readiness` to buy is 1 for a search engine."""

    name: str
    share: int
    readiness: float
    referrer: str | None


@dataclass(frozen=True, slots=True)
class Device:
    """A kind of device, its share of the visitors, and the share of its sessions that take each step."""

    name: str
    browser: str
    share: int
    looks: float
    fills_cart: float
    checks_out: float
    enters_address: float
    user_agent: str


PRODUCTS: Final = (
    Product("beans-house", "House blend, 1 kg", "Coffee", 19.9, 30),
    Product("beans-ethiopia", "Ethiopia Sidamo, 250 g", "Coffee", 11.5, 22),
    Product("beans-colombia", "Colombia Huila, 250 g", "Coffee", 10.9, 20),
    Product("beans-decaf", "Decaf, 500 g", "Coffee", 14.5, 9),
    Product("beans-tasting", "Tasting set, 5 x 100 g", "Coffee", 24.0, 14),
    Product("espresso-dark", "Dark espresso, 1 kg", "Coffee", 21.9, 18),
    Product("dripper", "Ceramic dripper", "Brewing", 26.0, 12),
    Product("filters", "Paper filters, 100", "Brewing", 5.5, 16),
    Product("french-press", "French press, 1 l", "Brewing", 34.9, 10),
    Product("moka-pot", "Moka pot, 3 cups", "Brewing", 29.9, 9),
    Product("kettle", "Gooseneck kettle", "Brewing", 79.0, 7),
    Product("scale", "Scale with timer", "Brewing", 49.0, 6),
    Product("grinder-hand", "Hand grinder", "Grinders", 89.0, 8),
    Product("grinder-electric", "Electric grinder", "Grinders", 199.0, 5),
    Product("machine-single", "Espresso machine, single boiler", "Machines", 549.0, 4),
    Product("machine-dual", "Espresso machine, dual boiler", "Machines", 1290.0, 2),
    Product("milk-jug", "Milk jug", "Accessories", 22.0, 7),
    Product("cups", "Espresso cups, set of 4", "Accessories", 32.0, 8),
    Product("descaler", "Descaler", "Accessories", 9.9, 6),
    Product("gift-card", "Gift card", "Gifts", 50.0, 5),
)

SOURCES: Final = (
    Source("search", 34, 1.0, "https://www.google.com/"),
    Source("direct", 24, 1.1, None),
    Source("social", 18, 0.6, "https://www.instagram.com/"),
    Source("email", 11, 1.35, "https://newsletter.example/"),
    Source("ads", 9, 0.85, "https://ads.example/"),
    Source("blog", 4, 0.95, "https://coffeeblog.example/best-grinders"),
)

DEVICES: Final = (
    Device(
        "mobile",
        "Safari",
        32,
        0.62,
        0.25,
        0.5,
        0.68,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.5 Mobile/15E148 Safari/604.1",
    ),
    Device(
        "mobile",
        "Chrome",
        25,
        0.62,
        0.25,
        0.5,
        0.68,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/142.0.0.0 Mobile Safari/537.36",
    ),
    Device(
        "desktop",
        "Chrome",
        24,
        0.7,
        0.33,
        0.63,
        0.82,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/142.0.0.0 Safari/537.36",
    ),
    Device(
        "desktop",
        "Firefox",
        12,
        0.7,
        0.33,
        0.63,
        0.82,
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    ),
    Device(
        "tablet",
        "Safari",
        7,
        0.68,
        0.31,
        0.58,
        0.77,
        "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.5 Mobile/15E148 Safari/604.1",
    ),
)

COUNTRIES: Final = {"DE": 41, "AT": 14, "CH": 11, "NL": 10, "FR": 9, "GB": 8, "US": 7}

# What is searched for, most often first, and how many products are found.
SEARCHES: Final = (
    ("grinder", 2),
    ("espresso", 5),
    ("filter", 3),
    ("decaf", 1),
    ("gift", 2),
    ("machine", 2),
    ("ethiopia", 1),
    ("cold brew", 0),
    ("tea", 0),
)
