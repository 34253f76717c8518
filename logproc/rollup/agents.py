"""What a user agent is: browser, system, device, bot. By ua-parser and its Rust resolver, once a distinct agent.

The resolver tries ua-parser's 1,270 expressions together, in some 10 microseconds an agent; one after the other, as
Python does, they take a millisecond.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MAX_AGENT = 1024
"""Characters of an agent that are looked at: real ones are shorter, hostile ones must not cost more."""

_CACHED = 32_768
"""Distinct agents remembered in a process; the cut text is the key, so that hostile agents take bounded memory."""

_SPIDER = "Spider"

AI_CRAWLERS = (
    "AI2Bot", "Ai2Bot-Dolma", "Amazonbot", "Andibot", "anthropic-ai", "Applebot-Extended", "bedrockbot", "Bytespider",
    "CCBot", "ChatGLM-Spider", "ChatGPT-User", "Claude-SearchBot", "Claude-User", "Claude-Web", "ClaudeBot",
    "cohere-ai", "cohere-training-data-crawler", "Crawlspace", "DeepSeekBot", "Diffbot", "DuckAssistBot",
    "FacebookBot", "FriendlyCrawler", "Gemini-Deep-Research", "Google-CloudVertexBot", "Google-NotebookLM",
    "GoogleOther", "GPTBot", "iaskspider", "ICC-Crawler", "ImagesiftBot", "img2dataset", "Kangaroo Bot",
    "LinerBot", "Meta-ExternalAgent", "Meta-ExternalFetcher", "MistralAI-User", "NovaAct", "OAI-SearchBot",
    "omgili", "Operator", "PanguBot", "Perplexity-User", "PerplexityBot", "PetalBot", "PhindBot", "QuillBot",
    "SBIntuitionsBot", "Sidetrade", "TikTokSpider", "Timpibot", "VelenPublicWebCrawler", "Webzio-Extended", "YouBot",
)  # fmt: skip
"""Crawlers and fetchers that feed AI models or answer for them, by the name they send."""

PROGRAMS = (
    "aiohttp", "Apache-HttpClient", "axios", "Blackbox-Exporter", "CensysInspect", "checkly", "Consul Health Check",
    "curl", "Datadog", "ELB-HealthChecker", "facebookexternalhit", "fasthttp", "Faraday", "GetIntent", "Go-http-client",
    "GoogleHC", "Google-Read-Aloud", "GuzzleHttp", "HeadlessChrome", "HTTPie", "httpx", "HTTrack", "Icinga",
    "insomnia", "Java/", "Jakarta Commons-HttpClient", "kube-probe", "libwww-perl", "Lighthouse", "lychee", "masscan",
    "Mediapartners-Google", "NewRelicPinger", "Nagios", "check_http", "Nikto", "Nmap", "node-fetch", "nuclei",
    "PhantomJS", "Pingdom", "PostmanRuntime", "Prometheus", "python-httpx", "python-requests", "Python-urllib",
    "reqwest", "Ruby", "Scrapy", "Site24x7", "Slackbot", "sqlmap", "StatusCake", "Typhoeus", "undici", "UptimeRobot",
    "Uptime-Kuma", "WhatsApp", "Wget", "WordPress/", "WPScan", "Zabbix", "zgrab",
)  # fmt: skip
"""Programs that ask without a person in front of them: libraries, monitors, scanners. Case does not matter."""

_AI_NAMES = {name.lower(): name for name in AI_CRAWLERS}
_PROGRAM_NAMES = {name.lower(): name.rstrip("/") for name in PROGRAMS}
_ROBOT_WORDS = ("bot", "crawl", "spider", "slurp", "fetcher", "scanner", "archiver", "monitor")
# The phones of the brand Cubot are no bots; "robots" and addresses such as example.com/bot.html name no program.
_ROBOT = re.compile(
    r"(?<![\w.+/@-])(?!cubot)[\w.-]*(?:bot(?![a-z.])|crawl|spider|slurp|fetcher|scanner|archiver|monitor(?!ing\.))[\w-]*",
    re.IGNORECASE | re.ASCII,
)
_PRODUCT = re.compile(r"[A-Za-z][\w.-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Agent:
    """A classified user agent; `bot` is None for people, `ai` for all but AI crawlers."""

    browser: str | None
    browser_version: str | None
    os: str | None
    os_version: str | None
    bot: str | None
    ai: str | None


@lru_cache(maxsize=1)
def _resolver() -> Callable[[str], Any]:
    """Compile ua-parser's expressions for browsers and systems, and the few of its devices that are spiders.

    Its hundreds of devices take as long to compile as all else: only who asks for devices waits for them.
    """
    from ua_parser import Domain  # noqa: PLC0415 - only reports about user agents pay for it
    from ua_parser.loaders import load_lazy_builtins  # noqa: PLC0415
    from ua_parser.regex import Resolver  # noqa: PLC0415

    browsers, systems, devices = load_lazy_builtins()
    spiders = [device for device in devices if getattr(device, "family", None) == _SPIDER]
    resolve = Resolver((browsers, systems, spiders))
    return lambda agent: resolve(agent, Domain.ALL)


@lru_cache(maxsize=1)
def _device_resolver() -> Callable[[str], Any]:
    """Compile ua-parser's expressions for devices."""
    from ua_parser import Domain  # noqa: PLC0415
    from ua_parser.loaders import load_lazy_builtins  # noqa: PLC0415
    from ua_parser.regex import Resolver  # noqa: PLC0415

    resolve = Resolver(([], [], load_lazy_builtins()[2]))
    return lambda agent: resolve(agent, Domain.DEVICE).device


def classify(agent: str) -> Agent:
    """Classify an agent by its first 1024 characters; thread-safe, remembered for the most recent distinct agents."""
    return _classify(agent[:_MAX_AGENT])


@lru_cache(maxsize=_CACHED)
def _classify(agent: str) -> Agent:
    found = _resolver()(agent)
    browser, system = found.user_agent, found.os
    family = None if browser is None else browser.family
    lowered = agent.lower()
    ai = _named(lowered, _AI_NAMES)
    return Agent(
        browser=family,
        browser_version=None if browser is None else browser.major,
        os=None if system is None else system.family,
        os_version=None if system is None else ".".join(filter(None, (system.major, system.minor))) or None,
        bot=ai or _bot_name(agent, lowered, family, suspicious=found.device is not None),
        ai=ai,
    )


def device_family(agent: str) -> str | None:
    """Return ua-parser's device family, "Spider" for spiders; the dearest question, so asked on its own."""
    return _device_family(agent[:_MAX_AGENT])


@lru_cache(maxsize=_CACHED)
def _device_family(agent: str) -> str | None:
    found = _device_resolver()(agent)
    return None if found is None else found.family


def _named(lowered: str, names: Mapping[str, str]) -> str | None:
    """Return the first of the names that occurs as (the beginning of) a word; plain searches beat one big regex."""
    for name, shown in names.items():
        start = lowered.find(name)
        if start >= 0 and not lowered[start - 1 : start].isalpha():
            return shown
    return None


def _bot_name(agent: str, lowered: str, family: str | None, *, suspicious: bool) -> str | None:
    """Name of a bot: the word that says so, the program, else what ua-parser or the agent calls itself.

    Not everything `suspicious`, which one of ua-parser's expressions for spiders matches, is one: those of devices
    come first.
    """
    robot = _ROBOT.search(agent) if any(word in lowered for word in _ROBOT_WORDS) else None
    if robot:
        return robot[0]
    program = _named(lowered, _PROGRAM_NAMES)
    if program or not suspicious or device_family(agent) != _SPIDER:
        return program
    product = _PRODUCT.search(agent)
    return family or (product[0] if product else "unknown")


def browser(agent: str) -> str | None:
    """Return the name of the browser or program ("Chrome", "curl"), NULL where it is unknown."""
    return classify(agent).browser


def browser_version(agent: str) -> str | None:
    """Return the browser's major version."""
    return classify(agent).browser_version


def os(agent: str) -> str | None:
    """Return the name of the operating system ("Windows", "iOS"), NULL where it is unknown."""
    return classify(agent).os


def os_version(agent: str) -> str | None:
    """Return the operating system's version."""
    return classify(agent).os_version


def device(agent: str) -> str | None:
    """Return the name of the device ("iPhone"), NULL where it is unknown or the agent a spider."""
    family = device_family(agent)
    return None if family == _SPIDER else family


def is_bot(agent: str) -> bool:
    """Tell whether a program asked and not a person: spiders, HTTP libraries, monitors, scanners."""
    return classify(agent).bot is not None


def bot(agent: str) -> str | None:
    """Return the name of the bot ("Googlebot", "curl"), NULL for people."""
    return classify(agent).bot


def is_ai_crawler(agent: str) -> bool:
    """Tell whether the agent crawls or fetches for an AI model."""
    return classify(agent).ai is not None


def ai_crawler(agent: str) -> str | None:
    """Return the name of the AI crawler ("GPTBot"), NULL for all others."""
    return classify(agent).ai
