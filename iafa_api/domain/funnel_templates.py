"""Funnels to start from: what most products ask first, in the event types that their trackers tend to send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class FunnelTemplate:
    """A definition with a name and a reason; to be posted as a funnel as it is, or changed first."""

    id: str
    name: str
    description: str
    conversion_window: dict[str, Any]
    event_types: tuple[str, ...]

    @property
    def stages(self) -> list[dict[str, Any]]:
        return [
            {
                "order": order,
                "name": event_type.replace("_", " ").capitalize(),
                "event_type": event_type,
                "filter": None,
            }
            for order, event_type in enumerate(self.event_types, 1)
        ]


def _window(value: int, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit}


TEMPLATES: Final = (
    FunnelTemplate(
        "ecommerce-purchase",
        "Purchase",
        "From looking at a product to the order: where does a shop lose its customers?",
        _window(7, "day"),
        ("page_view", "product_view", "add_to_cart", "checkout_started", "purchase"),
    ),
    FunnelTemplate(
        "checkout",
        "Checkout",
        "The steps of one checkout, in one sitting.",
        _window(1, "hour"),
        ("checkout_started", "shipping_details", "payment_details", "purchase"),
    ),
    FunnelTemplate(
        "saas-signup",
        "Sign-up",
        "From the first page to an account that was confirmed.",
        _window(1, "day"),
        ("page_view", "signup_started", "signup_completed", "email_confirmed"),
    ),
    FunnelTemplate(
        "activation",
        "Activation",
        "Do new accounts reach the moment that makes them stay?",
        _window(14, "day"),
        ("signup_completed", "onboarding_started", "onboarding_completed", "key_action"),
    ),
    FunnelTemplate(
        "trial-to-paid",
        "Trial to paid",
        "From the start of a trial to the first payment.",
        _window(30, "day"),
        ("trial_started", "key_action", "pricing_viewed", "subscription_started"),
    ),
    FunnelTemplate(
        "lead-generation",
        "Lead",
        "From a landing page to a form that was sent.",
        _window(1, "day"),
        ("page_view", "form_viewed", "form_started", "form_submitted"),
    ),
    FunnelTemplate(
        "content-subscription",
        "Subscription to a newsletter",
        "From reading to subscribing.",
        _window(30, "day"),
        ("page_view", "article_read", "newsletter_signup"),
    ),
)
