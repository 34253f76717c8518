"""User agents as browsers, crawlers and tools send them: about 200 kinds, a few thousand strings with their versions.

The strings are put together from what vendors document about their own agents (product token, platform token, engine
token), so that classifying them costs what it costs on a real log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CHROMIUM = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0"
DESKTOPS = (
    "Windows NT 10.0; Win64; x64",
    "Windows NT 10.0; WOW64",
    "Windows NT 6.1; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "Macintosh; Intel Mac OS X 10_14_6",
    "X11; Linux x86_64",
    "X11; CrOS x86_64 14541.0.0",
    "X11; Ubuntu; Linux x86_64",
)
PHONES = (
    "Linux; Android 10; K",
    "Linux; Android 11; SM-A125F",
    "Linux; Android 11; M2101K6G",
    "Linux; Android 12; SM-G991B",
    "Linux; Android 12; CPH2211",
    "Linux; Android 12; moto g(60)",
    "Linux; Android 13; SM-S918B",
    "Linux; Android 13; Pixel 7",
    "Linux; Android 13; 22111317I",
    "Linux; Android 13; SM-A546B",
    "Linux; Android 14; SM-S928U",
    "Linux; Android 14; Pixel 8 Pro",
    "Linux; Android 14; CPH2581",
    "Linux; Android 14; V2310",
    "Linux; Android 15; Pixel 9",
    "Linux; Android 15; SM-S938B",
    "Linux; Android 9; SM-T510",
    "Linux; Android 8.1.0; Redmi 5A",
)
APPLE = (
    "iPhone; CPU iPhone OS 15_8 like Mac OS X",
    "iPhone; CPU iPhone OS 16_7 like Mac OS X",
    "iPhone; CPU iPhone OS 17_5 like Mac OS X",
    "iPhone; CPU iPhone OS 18_3 like Mac OS X",
    "iPad; CPU OS 16_7 like Mac OS X",
    "iPad; CPU OS 17_4 like Mac OS X",
)
CRAWLERS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    (
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) "
        "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Mobile Safari/537.36 "
        "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    ),
    "Googlebot-Image/1.0",
    "AdsBot-Google (+http://www.google.com/adsbot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; "
        "+http://www.bing.com/bingbot.htm) Chrome/{v}.0.0.0 Safari/537.36"
    ),
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)",
    "Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot; help@moz.com)",
    "Mozilla/5.0 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)",
    "Mozilla/5.0 (compatible; SeznamBot/4.0; +http://napoveda.seznam.cz/seznambot-intro/)",
    "Mozilla/5.0 (compatible; coccocbot-web/1.0; +http://help.coccoc.com/searchengine)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.{m}; +https://openai.com/gptbot)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; OAI-SearchBot/1.0; +https://openai.com/searchbot",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    (
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; "
        "+https://perplexity.ai/perplexitybot)"
    ),
    "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "Mozilla/5.0 (compatible; Bytespider; spider-feedback@bytedance.com)",
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 "
        "Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)"
    ),
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "Twitterbot/1.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23.{m}.79 A",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Pinterestbot/1.0 (+http://www.pinterest.com/bot.html)",
    "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
    "ia_archiver (+http://www.alexa.com/site/help/webmasters; crawler@alexa.com)",
    "Mozilla/5.0 (compatible; DataForSeoBot/1.0; +https://dataforseo.com/dataforseo-bot)",
    "Mozilla/5.0 (compatible; BLEXBot/1.0; +http://webmeup-crawler.com/)",
    "Mozilla/5.0 (compatible; MegaIndex.ru/2.0; +http://megaindex.com/crawler)",
    "Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)",
    "Expanse, a Palo Alto Networks company, searches across the global IPv4 space",
    "Mozilla/5.0 zgrab/0.x",
    "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
    "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
    "Mozilla/5.0 (compatible; NetcraftSurveyAgent/1.0; +info@netcraft.com)",
    "Amazonbot/0.1 (+https://developer.amazon.com/support/amazonbot)",
)
TOOLS = (
    "curl/7.{m}.0",
    "curl/8.{m}.1",
    "Wget/1.21.{m}",
    "python-requests/2.{m}.0",
    "Python-urllib/3.{m}",
    "python-httpx/0.{m}.0",
    "aiohttp/3.8.{m}",
    "Go-http-client/1.1",
    "Go-http-client/2.0",
    "okhttp/4.{m}.0",
    "Apache-HttpClient/4.5.{m} (Java/17.0.9)",
    "Java/1.8.0_{v}",
    "axios/1.{m}.0",
    "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
    "PostmanRuntime/7.{m}.0",
    "insomnia/2023.{m}.0",
    "libwww-perl/6.{m}",
    "Ruby",
    "GuzzleHttp/7",
    "PHP/8.{m}",
    "Dalvik/2.1.0 (Linux; U; Android 13; SM-A546B Build/TP1A.220624.014)",
    "CFNetwork/1410.0.{m} Darwin/22.6.0",
    "kube-probe/1.{m}",
    "ELB-HealthChecker/2.0",
    "GoogleHC/1.0",
    "Prometheus/2.{m}.0",
    "Blackbox Exporter/0.{m}.0",
    "git/2.{m}.1",
    "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 412 subscribers)",
    "Tiny Tiny RSS/23.{m} (https://tt-rss.org/)",
    "Debian APT-HTTP/1.3 (2.6.{m})",
    "Microsoft-WebDAV-MiniRedir/10.0.19045",
    "masscan/1.3 (https://github.com/robertdavidgraham/masscan)",
    "-",
)


def _kinds() -> Iterator[tuple[str, range]]:
    """Yield each kind of agent with the versions that are about, most used first."""
    for platform in DESKTOPS:
        yield f"Mozilla/5.0 ({platform}) {CHROMIUM} Safari/537.36", range(96, 136)
    for platform in PHONES:
        yield f"Mozilla/5.0 ({platform}) {CHROMIUM} Mobile Safari/537.36", range(100, 136)
    for platform in APPLE:
        webkit = f"Mozilla/5.0 ({platform}) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        yield f"{webkit} Version/{{s}}.{{m}} Mobile/15E148 Safari/604.1", range(28)
        yield f"{webkit} CriOS/{{v}}.0.6478.54 Mobile/15E148 Safari/604.1", range(110, 136)
        yield f"{webkit} FxiOS/{{v}}.0 Mobile/15E148 Safari/605.1.15", range(110, 136)
        yield f"{webkit} GSA/{{v}}.0.5 Mobile/15E148 Safari/604.1", range(280, 330)
        yield f"{webkit} Mobile/15E148 [FBAN/FBIOS;FBAV/{{v}}.0.0.36.101]", range(400, 460)
    for platform in DESKTOPS[:6]:
        yield f"Mozilla/5.0 ({platform}) {CHROMIUM} Safari/537.36 Edg/{{v}}.0.0.0", range(100, 136)
        yield f"Mozilla/5.0 ({platform}; rv:{{v}}.0) Gecko/20100101 Firefox/{{v}}.0", range(78, 138)
        yield f"Mozilla/5.0 ({platform}) {CHROMIUM} Safari/537.36 OPR/{{w}}.0.0.0", range(100, 130)
        yield f"Mozilla/5.0 ({platform}) {CHROMIUM} Safari/537.36 Vivaldi/6.{{m}}", range(110, 124)
        yield f"Mozilla/5.0 ({platform}) {CHROMIUM} YaBrowser/23.{{m}}.0 Safari/537.36", range(110, 122)
    for platform in DESKTOPS[3:5]:
        webkit = f"Mozilla/5.0 ({platform}) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        yield f"{webkit} Version/{{s}}.{{m}} Safari/605.1.15", range(30)
    for platform in PHONES[:12]:
        yield f"Mozilla/5.0 ({platform}) {CHROMIUM} Mobile Safari/537.36 EdgA/{{v}}.0.0.0", range(110, 130)
        samsung = f"Mozilla/5.0 ({platform}) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/{{s}}.{{m}}"
        yield f"{samsung} Chrome/115.0.0.0 Mobile Safari/537.36", range(28)
        yield f"Mozilla/5.0 ({platform}; wv) {CHROMIUM} Version/4.0 Mobile Safari/537.36", range(110, 130)
    for crawler in CRAWLERS:
        yield crawler, range(110, 132)
    for tool in TOOLS:
        yield tool, range(200, 230)


def user_agents() -> list[str]:
    """Return all agents once each, in an order that mixes kinds: one version of each kind, then the next."""
    kinds = list(_kinds())
    found: dict[str, None] = {}
    for turn in range(max(len(versions) for _, versions in kinds)):
        for kind, versions in kinds:
            if turn < len(versions):
                version = versions[-1 - turn]
                found[kind.format(v=version, w=version - 14, m=version % 24, s=13 + version % 6)] = None
    return list(found)


if __name__ == "__main__":
    print(f"{len(list(_kinds()))} kinds, {len(user_agents())} agents")
