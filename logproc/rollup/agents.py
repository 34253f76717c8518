"""What a user agent is: browser, system, device, bot. By ua-parser's regular expressions, behind a literal prefilter.

ua-parser tries some 1,270 expressions in order, a millisecond an agent and 170 ms to compile them all. Most contain a
literal that must occur in the agent, so only the few whose literal occurs are compiled and tried, in the same order
with the same result: measured 5 to 8 times faster, and nothing is compiled that no agent asks for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from logproc.rollup.literals import required_literals, telling_gram

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MAX_AGENT = 1024
"""Characters of an agent that are looked at: real ones are shorter, hostile ones must not cost more."""

_CACHED = 32_768
"""Distinct agents remembered in a process, about 10 MB."""

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


class Prefilter:
    """One domain of ua-parser's matchers, indexed by three characters of a literal that each one needs."""

    def __init__(self, matchers: Sequence[Any]) -> None:
        self.matchers = matchers
        self.required = [required_literals(matcher.regex) for matcher in matchers]
        self.always = [number for number, required in enumerate(self.required) if not required]
        self.index: dict[str, set[int]] = {}
        for number, required in enumerate(self.required):
            for literal in required[0] if required else ():
                self.index.setdefault(telling_gram(literal), set()).add(number)

    def candidates(self, agent: str, lowered: str, grams: set[str]) -> Iterator[Any]:
        """Yield the matchers that may match, in order; all of them where lower case is not letter by letter."""
        if not agent.isascii():
            yield from self.matchers
            return
        numbers = set(self.always).union(*(self.index[gram] for gram in self.index.keys() & grams))
        for number in sorted(numbers):
            if all(any(literal in lowered for literal in literals) for literals in self.required[number]):
                yield self.matchers[number]

    def first(self, agent: str) -> Any:  # noqa: ANN401 - ua-parser's UserAgent, OS or Device
        """Return what the first matching matcher makes of the agent, or None."""
        lowered = agent.lower()
        for matcher in self.candidates(agent, lowered, _grams(lowered)):
            found = matcher(agent)
            if found is not None:
                return found
        return None


@lru_cache(maxsize=4)
def _grams(lowered: str) -> set[str]:
    """Return all runs of two and of three characters."""
    pairs = set(map("".join, pairwise(lowered)))
    return pairs.union(map("".join, zip(lowered, lowered[1:], lowered[2:], strict=False)))


@lru_cache(maxsize=1)
def browser_matchers() -> Prefilter:
    """Load ua-parser's expressions for browsers, once a process."""
    return Prefilter(_builtins()[0])


@lru_cache(maxsize=1)
def os_matchers() -> Prefilter:
    """Load ua-parser's expressions for operating systems, once a process."""
    return Prefilter(_builtins()[1])


@lru_cache(maxsize=1)
def device_matchers() -> Prefilter:
    """Load ua-parser's expressions for devices, once a process."""
    return Prefilter(_builtins()[2])


@lru_cache(maxsize=1)
def spider_matchers() -> Prefilter:
    """Load those expressions for devices that find spiders: where none matches, the device need not be known."""
    return Prefilter([matcher for matcher in _builtins()[2] if matcher.family == _SPIDER])


def _builtins() -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
    from ua_parser import load_lazy_builtins  # noqa: PLC0415 - only reports about user agents pay for it

    matchers: tuple[Sequence[Any], Sequence[Any], Sequence[Any]] = load_lazy_builtins()
    return matchers


@lru_cache(maxsize=_CACHED)
def classify(agent: str) -> Agent:
    """Classify an agent; thread-safe, remembered for the most recent distinct agents."""
    agent = agent[:_MAX_AGENT]
    browser, system = browser_matchers().first(agent), os_matchers().first(agent)
    family = None if browser is None else browser.family
    lowered = agent.lower()
    ai = _named(lowered, _AI_NAMES)
    return Agent(
        browser=family,
        browser_version=None if browser is None else browser.major,
        os=None if system is None else system.family,
        os_version=None if system is None else ".".join(filter(None, (system.major, system.minor))) or None,
        bot=ai or _bot_name(agent, lowered, family),
        ai=ai,
    )


@lru_cache(maxsize=_CACHED)
def device_family(agent: str) -> str | None:
    """Return ua-parser's device family, "Spider" for spiders; the dearest question, so asked on its own."""
    found = device_matchers().first(agent[:_MAX_AGENT])
    return None if found is None else found.family


def is_spider(agent: str) -> bool:
    """Tell whether ua-parser calls the device a spider."""
    return spider_matchers().first(agent[:_MAX_AGENT]) is not None and device_family(agent) == _SPIDER


def _named(lowered: str, names: Mapping[str, str]) -> str | None:
    """Return the first of the names that occurs as (the beginning of) a word; plain searches beat one big regex."""
    for name, shown in names.items():
        start = lowered.find(name)
        if start >= 0 and not lowered[start - 1 : start].isalpha():
            return shown
    return None


def _bot_name(agent: str, lowered: str, family: str | None) -> str | None:
    """Name of a bot: the word that says so, the program, else what ua-parser or the agent calls itself."""
    robot = _ROBOT.search(agent) if any(word in lowered for word in _ROBOT_WORDS) else None
    if robot:
        return robot[0]
    program = _named(lowered, _PROGRAM_NAMES)
    if program or not is_spider(agent):
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
