"""What `guichet site` says: one set of facts, as JSON or in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from desk.settings.values import Settings
from desk.web_assets import AssetsMissing, keep_loader, read_manifest
from desk.widget.embedding import Pin, pinned_snippet, python_sample, snippet, warnings_about
from identity.sites.queries import ShownSite

Facts = dict[str, Any]


def summary(site: ShownSite) -> Facts:
    """A site in a list."""
    return {
        "key": site.key,
        "name": site.name,
        "origins": list(site.origins),
        "identity_required": site.is_identity_required,
        "created_at": site.created_at.isoformat(timespec="seconds"),
    }


def shown(site: ShownSite, settings: Settings) -> Facts:
    """Everything about a site but its secrets."""
    pin = _pin(settings)
    return {
        **summary(site),
        "color": site.look.color,
        "logo": site.look.logo,
        "greeting": dict(site.look.greeting),
        "requests": {language: list(texts) for language, texts in site.look.requests.items()},
        "privacy": {name: site.privacy[name] for name in ("version", "link")} if site.privacy else None,
        "host_keys": _keys(site),
        "snippet": snippet(settings.public_url, site.key),
        "pinned_snippet": pinned_snippet(settings.public_url, site.key, pin) if pin else None,
        "window": f"{settings.public_url}/chat/{site.key}",
        "warnings": warnings_about(site.origins, settings.public_url),
    }


def added(site: ShownSite, host_key: Mapping[str, str], settings: Settings) -> Facts:
    """A new site, its secret included."""
    return {**shown(site, settings), **_secret(site, host_key)}


def key_added(site: ShownSite, host_key: Mapping[str, str]) -> Facts:
    """A new key, with its secret where the desk made one."""
    facts: Facts = {"key": site.key, "host_keys": _keys(site)}
    if host_key["alg"] == "HS256":
        return {**facts, **_secret(site, host_key)}
    return {**facts, "host_key": {"id": host_key["kid"], "algorithm": host_key["alg"]}}


def keys_left(site: ShownSite, removed: str) -> Facts:
    """What is left when a key is gone."""
    facts: Facts = {"key": site.key, "removed": removed, "host_keys": _keys(site), "warnings": []}
    if not site.host_keys:
        facts["warnings"] = [
            "nobody is recognised on this site now"
            + (", and nobody may ask there" if site.is_identity_required else "")
        ]
    return facts


def in_words(facts: Facts) -> Iterator[str]:
    """The same for people. What is to be copied stands on lines of its own, without anything before it."""
    yield f"site      {facts['key']}" + (f"  ({facts['name']})" if "name" in facts else "")
    if "origins" in facts:
        yield from _site_in_words(facts)
    if "removed" in facts:
        yield f"removed   key {facts['removed']}"
    for key in facts["host_keys"]:
        since = f", since {key['added_at']}" if key["added_at"] else ""
        yield f"host key  {key['id']}  ({key['algorithm']}{since})"
    if secret := facts.get("host_key", {}).get("key"):
        yield f"secret    {secret}  (shown this once: keep it on the page's server)"
    if "snippet" in facts:
        yield from _snippets_in_words(facts)
    if "sample" in facts:
        yield "\nTo say who is signed in, the page's server answers with an identity signed like this;"
        yield "`data-identity` in the line above names the address that does so (docs/embed.md):\n"
        yield str(facts["sample"])
    for warning in facts.get("warnings", ()):
        yield f"warning: {warning}"


def _site_in_words(facts: Facts) -> Iterator[str]:
    for origin in facts["origins"]:
        yield f"origin    {origin}"
    offered = "offered" if facts["host_keys"] else "none"
    yield f"identity  {'required' if facts['identity_required'] else offered}"
    if facts["color"]:
        yield f"colour    {facts['color']}"
    if facts["logo"]:
        yield f"logo      {facts['logo']}"
    for language, text in facts["greeting"].items():
        yield f"greeting  {language}: {text}"
    for language, texts in facts["requests"].items():
        yield f"requests  {language}: {' · '.join(texts)}"
    if facts["privacy"]:
        yield f"privacy   version {facts['privacy']['version']}, {facts['privacy']['link']}"


def _snippets_in_words(facts: Facts) -> Iterator[str]:
    yield "\nThis line on every page shows the counter:\n"
    yield str(facts["snippet"])
    if facts["pinned_snippet"]:
        yield "\nOr this one: browsers then run this loader and no other, until you change the line:\n"
        yield str(facts["pinned_snippet"])
    else:
        yield "\n(The browser side is not built; after `guichet build` there is a pinned line too.)"
    yield f"\nWithout a page: {facts['window']}"


def _keys(site: ShownSite) -> list[Facts]:
    return [{"id": key.kid, "algorithm": key.algorithm, "added_at": key.added_at} for key in site.host_keys]


def _secret(site: ShownSite, host_key: Mapping[str, str]) -> Facts:
    kid, key = host_key["kid"], host_key["key"]
    return {
        "host_key": {"id": kid, "algorithm": host_key["alg"], "key": key},
        "sample": python_sample(site.key, kid, key),
    }


def _pin(settings: Settings) -> Pin | None:
    """The present loader, kept from now on: a page that pins it must find it after any upgrade."""
    try:
        assets = read_manifest()
        keep_loader(assets, settings.var)
    except (AssetsMissing, OSError):
        return None
    return Pin(assets.loader_digest, assets.loader_integrity)
