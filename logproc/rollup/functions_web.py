"""Functions of this product's own domain: addresses, URLs and user agents."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from logproc.model import Kind
from logproc.rollup import agents
from logproc.rollup.signature import INTEGER, TEXT, Function

if TYPE_CHECKING:
    from logproc.rollup.spec import Value

STATIC_EXTENSIONS = frozenset([
    "avif", "bmp", "bz2", "cur", "css", "csv", "doc", "docx", "eot", "flac", "gif", "gz", "ico", "jpeg", "jpg", "js",
    "m4a", "m4v", "map", "mjs", "mkv", "mov", "mp3", "mp4", "mpeg", "ogg", "otf", "pdf", "png", "ppt", "pptx", "rar",
    "svg", "svgz", "swf", "tar", "tgz", "tif", "tiff", "ttf", "txt", "wasm", "wav", "webm", "webmanifest", "webp",
    "woff", "woff2", "xls", "xlsx", "xz", "zip", "zst",
])  # fmt: skip
"""File extensions that a server sends as they lie on its disk; the set GoAccess calls static, and today's additions."""

MIME_TYPES = {
    **dict.fromkeys(("htm", "html", "xhtml"), "text/html"), "css": "text/css", "csv": "text/csv", "txt": "text/plain",
    "md": "text/markdown", **dict.fromkeys(("js", "mjs"), "text/javascript"), "ics": "text/calendar",
    "json": "application/json", "map": "application/json", "webmanifest": "application/manifest+json",
    "xml": "application/xml", "rss": "application/rss+xml", "atom": "application/atom+xml", "pdf": "application/pdf",
    "wasm": "application/wasm", "zip": "application/zip", "gz": "application/gzip", "tgz": "application/gzip",
    "tar": "application/x-tar", "bz2": "application/x-bzip2", "xz": "application/x-xz", "zst": "application/zstd",
    "7z": "application/x-7z-compressed", "rar": "application/vnd.rar", "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "avif": "image/avif", "bmp": "image/bmp", "gif": "image/gif", "ico": "image/vnd.microsoft.icon",
    **dict.fromkeys(("jpg", "jpeg"), "image/jpeg"), "png": "image/png",
    **dict.fromkeys(("svg", "svgz"), "image/svg+xml"),
    **dict.fromkeys(("tif", "tiff"), "image/tiff"), "webp": "image/webp", "flac": "audio/flac", "m4a": "audio/mp4",
    "mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav", "m4v": "video/mp4", "mp4": "video/mp4",
    "mpeg": "video/mpeg", "mkv": "video/matroska", "mov": "video/quicktime", "webm": "video/webm",
    "eot": "application/vnd.ms-fontobject", "otf": "font/otf", "ttf": "font/ttf", "woff": "font/woff",
    "woff2": "font/woff2",
}  # fmt: skip
"""Registered media types by extension. A table of our own: what Python knows depends on its version and the machine."""

TLS_NAMES = {
    768: "SSLv3", 769: "TLSv1", 770: "TLSv1.1", 771: "TLSv1.2", 772: "TLSv1.3",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA", 0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA", 0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256", 0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384", 0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA", 0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", 0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0x1301: "TLS_AES_128_GCM_SHA256", 0x1302: "TLS_AES_256_GCM_SHA384", 0x1303: "TLS_CHACHA20_POLY1305_SHA256",
}  # fmt: skip
"""Versions and cipher suites by number, those that Go's servers speak: Caddy writes numbers. The names are IANA's, of
https://www.iana.org/assignments/tls-parameters, and nginx's for versions."""

_SEARCHES = {
    "google": ("q", "query"), "bing": ("q",), "duckduckgo": ("q",), "yahoo": ("p",), "yandex": ("text",),
    "baidu": ("wd", "word"), "ecosia": ("q",), "qwant": ("q",), "brave": ("q",), "startpage": ("query", "q"),
    "naver": ("query",), "ask": ("q",), "aol": ("q",), "seznam": ("q",), "sogou": ("query",),
}  # fmt: skip
"""Parameters in which search engines have what was searched, by the label of their domain."""

_SECOND_LEVEL = frozenset(["ac", "co", "com", "edu", "gob", "gov", "go", "mil", "ne", "net", "nom", "or", "org"])
"""Second labels below which countries register names (co.uk, com.au): good enough to group referring sites."""

_URL_HOST = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[^:/?#\\\s]*)")
_HOST = re.compile(
    r"(?:[^/?#@]*@)?(\[[^\]/?#]*\]|[A-Za-z0-9_](?:[A-Za-z0-9_-]*\.)+[A-Za-z0-9_-]+)\.?(?::\d*)?(?:[/?#].*)?"
)
_IPV4 = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})", re.ASCII)


def domain(url: str) -> str | None:
    """Return the host of a URL in lower case, without user, port and last dot; NULL where there is none."""
    match = _URL_HOST.match(url) or _HOST.fullmatch(url)
    return match[1].rstrip(".").lower() or None if match else None


def site(url: str) -> str | None:
    """Return the registrable part of a URL's host (`news.example.co.uk` is `example.co.uk`)."""
    host = domain(url)
    if host is None or host.startswith("[") or _IPV4.fullmatch(host):
        return host
    labels = host.split(".")
    country = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if country else -2 :])


def tld(url: str) -> str | None:
    """Return the top-level domain of a URL's host; NULL for addresses and bare names."""
    host = domain(url)
    if host is None or "." not in host or host.startswith("[") or _IPV4.fullmatch(host):
        return None
    return host.rpartition(".")[2]


def extension(path: str) -> str | None:
    """Return the file extension of a path or URL in lower case; NULL where the last part has none."""
    name = path.partition("?")[0].partition("#")[0].rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    return suffix.lower() if dot and stem and suffix.isalnum() and len(suffix) <= 16 else None


def is_static(path: str) -> bool:
    """Tell whether a path names a file that a server sends as it lies on its disk (image, script, style, font, ...)."""
    return extension(path) in STATIC_EXTENSIONS


def mime_type(path: str) -> str | None:
    """Return the media type that a path's extension stands for; NULL where it has none or an unknown one."""
    return MIME_TYPES.get(extension(path) or "")


def tls_name(code: str) -> str:
    """Return the name of a TLS version or cipher suite that is logged as a number; a name stays what it is."""
    number = int(code) if code.isascii() and code.isdigit() and len(code) <= 5 else 0
    return TLS_NAMES.get(number, code)


def keyphrase(referrer: str) -> str | None:
    """Return what was searched, from the URL of a search engine; NULL for other referrers."""
    registered = site(referrer)
    parameters = _SEARCHES.get(registered.partition(".")[0]) if registered else None
    if parameters is None:
        return None
    pairs = [pair.partition("=") for pair in referrer.partition("?")[2].partition("#")[0].split("&")]
    found = {name: value for name, _, value in pairs if value}
    phrase = next((found[name] for name in parameters if name in found), None)
    return None if phrase is None else url_decode(phrase.replace("+", " ")).strip() or None


def anonymize(client: str) -> str | None:
    """Return an address without its host: the last 8 bits of IPv4 and the last 80 of IPv6 are zero; else NULL."""
    network = subnet(client)
    return None if network is None else network.partition("/")[0]


def ip_version(client: str) -> int | None:
    """Return 4 or 6, NULL for what is no address."""
    try:
        return ipaddress.ip_address(client.strip("[]")).version
    except ValueError:
        return None


def url_decode(text: str) -> str:
    r"""Resolve %XX; bytes that are no UTF-8 become `\xNN`, as everywhere in logproc."""
    return unquote_to_bytes(text).decode("utf-8", "backslashreplace") if "%" in text else text


def subnet(client: str, bits: int | None = None) -> str | None:
    """Return the network of an address, /24 for IPv4 and /48 for IPv6 unless `bits` are given; NULL if it is none."""
    match = _IPV4.fullmatch(client)
    if match and bits is None and _octets(match):
        return f"{match[1]}.{match[2]}.{match[3]}.0/24"
    try:
        address = ipaddress.ip_address(client.strip("[]"))
        if isinstance(address, ipaddress.IPv4Address):
            return str(ipaddress.IPv4Network((int(address), 24 if bits is None else bits), strict=False))
        return str(ipaddress.IPv6Network((int(address), 48 if bits is None else bits), strict=False))
    except ValueError:
        return None


def _bits_problem(bits: Value) -> str | None:
    return None if 0 <= int(str(bits)) <= 128 else f"no address has {bits} bits; IPv4 has 32, IPv6 has 128"


def _octets(match: re.Match[str]) -> bool:
    # A leading zero is octal to some systems and decimal to others: no address, as for ipaddress.
    return all(int(part) < 256 and (part == "0" or part[0] != "0") for part in match.groups())


URLS: dict[str, Function] = {
    f.name: f
    for f in (
        Function("domain", domain, (TEXT,), Kind.TEXT, "host of a URL, lower case"),
        Function("site", site, (TEXT,), Kind.TEXT, "registrable domain of a URL's host"),
        Function("tld", tld, (TEXT,), Kind.TEXT, "top-level domain of a URL's host"),
        Function("extension", extension, (TEXT,), Kind.TEXT, "file extension of a path, lower case"),
        Function("is_static", is_static, (TEXT,), Kind.BOOLEAN, "the path names a static file"),
        Function("mime_type", mime_type, (TEXT,), Kind.TEXT, "media type by the extension of a path"),
        Function(
            "tls_name", tls_name, (TEXT,), Kind.TEXT, "name of a TLS version or cipher where a log has its number"
        ),
        Function("keyphrase", keyphrase, (TEXT,), Kind.TEXT, "what was searched, from a search engine's URL"),
        Function("anonymize", anonymize, (TEXT,), Kind.TEXT, "address with its host part zero, NULL for a name"),
        Function("ip_version", ip_version, (TEXT,), Kind.INTEGER, "4 or 6"),
        Function("url_decode", url_decode, (TEXT,), Kind.TEXT, "percent signs resolved"),
        Function(
            "subnet",
            subnet,
            (TEXT, INTEGER),
            Kind.TEXT,
            "network of an address, /24 or /48 or n bits",
            1,
            literals=((1, _bits_problem),),
        ),
    )
}

AGENTS: dict[str, Function] = {
    f.name: f
    for f in (
        Function("browser", agents.browser, (TEXT,), Kind.TEXT, "name of the browser or client program"),
        Function("browser_version", agents.browser_version, (TEXT,), Kind.TEXT, "its major version"),
        Function("os", agents.os, (TEXT,), Kind.TEXT, "name of the operating system"),
        Function("os_version", agents.os_version, (TEXT,), Kind.TEXT, "its version"),
        Function("device", agents.device, (TEXT,), Kind.TEXT, "name of the device"),
        Function("is_bot", agents.is_bot, (TEXT,), Kind.BOOLEAN, "a program asked, not a person"),
        Function("bot", agents.bot, (TEXT,), Kind.TEXT, "name of the bot, NULL for people"),
        Function("is_ai_crawler", agents.is_ai_crawler, (TEXT,), Kind.BOOLEAN, "a crawler for AI models"),
        Function("ai_crawler", agents.ai_crawler, (TEXT,), Kind.TEXT, "name of the AI crawler, else NULL"),
    )
}
