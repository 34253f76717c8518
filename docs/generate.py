"""Write the reference from the code: `python docs/generate.py`, then `git diff docs`.

Each page is made of the table in the code that the program itself works with, so it cannot say anything else; what a
table does not hold (what a field means, how pages begin) stands here. The pages are kept in git, because a forge, an
editor and a source archive then show them without a build, and because a review sees what a change does to people. A
test compares them.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logproc.config_keys import Key
    from logproc.formats import Format

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

MEANINGS = {
    "time": "when, in UTC, exact to the microsecond; null where the line has no time",
    "source": "name of the `[[source]]` that the file belongs to",
    "host": "the machine: from the line, else from the source's `host` pattern on the path",
    "client": "address of who asked",
    "ident": "what identd said; hardly ever there",
    "user": "who was logged in",
    "method": "GET, POST, ...",
    "target": "what was asked for, as sent: path and query",
    "path": "`target` before the first `?`",
    "query": "`target` behind it",
    "protocol": "HTTP/1.1, ...",
    "status": "of the answer",
    "bytes": "body sent",
    "bytes_in": "received",
    "referrer": "page that led here",
    "user_agent": "what the client calls itself",
    "vhost": "name that was asked for, without its port",
    "port": "of the server",
    "duration": "seconds, whatever the log's unit is",
    "upstream_duration": "seconds that the server behind took; of several tries, their sum",
    "tls_protocol": "TLSv1.3, ...",
    "tls_cipher": "as the server calls it",
    "cache": "HIT, MISS, ... as the server calls it",
    "request_id": "identifier of the request",
    "forwarded_for": "X-Forwarded-For, as sent",
    "facility": "kern, daemon, auth, local0, ...",
    "severity": "emerg, alert, crit, err, warning, notice, info, debug",
    "program": "who wrote the line",
    "pid": "its process number",
    "msgid": "kind of message, in RFC 5424",
    "sd": "structured data of RFC 5424",
    "message": "the text",
    "level": "TRACE, DEBUG, INFO, WARN, ERROR or FATAL; what a program calls otherwise is in capitals",
    "logger": "part of the program",
    "thread": "as the program calls it",
    "template": "`message` with `<*>` for numbers, ids, paths, quoted texts and values behind `=`",
    "stack": "the lines that go on with this record, such as a stack trace",
}
"""What each field of `logproc.model.FIELDS` means."""

FAMILIES = {
    "all": "Every row has these.",
    "web": "Requests: servers, proxies, load balancers, content delivery networks.",
    "syslog": "Messages of machines.",
    "app": "Messages of programs.",
    "json": "Lines that name their fields themselves. Any other field can be asked for by its name; nested keys join "
    "with a dot. One that nobody declared is text or number, as the question needs it.",
}

NOTE = "<!-- Written by docs/generate.py from the code: change that, not this. -->\n\n"


# ---- Markdown --------------------------------------------------------------------------------------------------


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; the pipes of a cell are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    cells = [" | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in line) for line in lines]
    return "".join(f"| {line} |\n" for line in cells).replace("| --- |", "|---|").replace("--- |", "---|")


def code(text: str) -> str:
    """Return a code span, whatever the text holds."""
    if not text:
        return ""
    ticks = "`" * (1 + max((len(run) for run in _runs(text)), default=0))
    edge = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{ticks}{edge}{text}{edge}{ticks}"


def _runs(text: str) -> list[str]:
    return "".join(character if character == "`" else " " for character in text).split()


def _plain(text: str) -> str:
    """Return prose in which Markdown finds nothing to format but code spans."""
    parts = text.split("`")
    escaped = [part.replace("<", "\\<").replace("*", "\\*").replace("_", "\\_").replace("[", "\\[") for part in parts]
    return "`".join(part if number % 2 else escaped[number] for number, part in enumerate(parts))


# ---- the command line ------------------------------------------------------------------------------------------


def cli() -> str:
    """Return the page of commands and their options."""
    from logproc.cli import main
    from logproc.errors import EXIT_CODES

    text = NOTE + "# Commands\n\n"
    text += "Every command runs as `logproc ...` and as `python -m logproc ...`. `logproc completion SHELL` and\n"
    text += "`logproc man` bring the same to the shell and to `man`: [how](../howto/shell.md).\n\n"
    context = click.Context(main, info_name="logproc", **main.context_settings)
    names = main.list_commands(context)
    rows = [(f"[{code(name)}](#logproc-{name})", _plain(_brief(main.commands[name]))) for name in names]
    text += table(("command", "does"), rows)
    for name in names:
        text += "\n" + "".join(_command(name, main.commands[name], context))
    text += "\n## Exit codes\n\n" + table(("code", "meaning"), EXIT_CODES)
    return text + "\nMore on them: [exit codes](outputs.md#exit-codes).\n"


def _brief(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "").split("\n\n")[0].replace("\n", " ")


def _command(name: str, command: click.Command, parent: click.Context, level: int = 2) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    yield f"{'#' * level} {context.command_path}\n\n"
    yield f"```text\n{context.command_path} {' '.join(command.collect_usage_pieces(context))}\n```\n\n"
    yield _plain(inspect.cleandoc(command.help or "")) + "\n\n"
    listed = [option for option in command.params if isinstance(option, click.Option)]  # --help is not worth a line
    if listed:
        yield table(("option", "meaning"), [(_spelling(option, context), _meaning(option)) for option in listed])
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield "\n" + "".join(_command(below, command.commands[below], context, level + 1))


def _spelling(option: click.Option, context: click.Context) -> str:
    names = ", ".join(code(name) for name in option.opts)
    if option.is_flag or option.count:
        return names
    value = option.make_metavar(context)
    return f"{names} {code(value)}"


def _meaning(option: click.Option) -> str:
    text = _plain(option.help or "")
    if option.multiple and "repeated" not in text:
        text += " May be repeated."
    given = option.default if option.show_default is True else None
    return f"{text} Default: {code(str(given))}." if given is not None else text


# ---- configuration ---------------------------------------------------------------------------------------------


def config() -> str:
    """Return the page of configuration keys."""
    from logproc.config_keys import FREE, KEYS

    text = NOTE + "# config.toml\n\n"
    text += "`./config.toml` is read when it is there, `-c FILE` reads another; flags win over it. Paths in it are\n"
    text += "relative to its folder. `logproc init` writes a commented one, and the source has a\n"
    text += "[working example](../../config.toml). A key that is not listed here is an error that names the line and\n"
    text += "the nearest key that there is.\n"
    heads = {"": "At the top"}
    for name in dict.fromkeys(key.table for key in KEYS):
        rows = [_key(key) for key in KEYS if key.table == name]
        title = heads.get(name) or _heading(name)
        text += f"\n## {title}\n\n" + table(("key", "type", "default", "meaning"), rows)
    for name in FREE:
        text += f"\n## `[{name}]`\n\n"
        text += "Named patterns for `grok:`, each a text: [patterns](../patterns.md#grok).\n"
    return text


def _heading(name: str) -> str:
    from logproc.config_keys import ARRAYS

    return f"`[[{name}]]`, as often as needed" if name in ARRAYS else f"`[{name}]`"


def _key(key: Key) -> tuple[str, str, str, str]:
    return code(key.name), key.type, _default(key.default), _plain(key.doc)


def _default(value: Any) -> str:  # noqa: ANN401 - whatever TOML can hold
    from logproc.config_keys import REQUIRED

    if value is None:
        return "none"
    if value is REQUIRED:
        return "required"
    if isinstance(value, bool):
        return code(str(value).lower())
    return code(str(list(value)).replace("'", '"') if isinstance(value, tuple) else str(value))


# ---- fields and formats ----------------------------------------------------------------------------------------


def fields() -> str:
    """Return the page of the fields that mean the same in every format."""
    from logproc.model import FIELDS

    text = NOTE + "# Fields\n\n"
    text += "One thing has one name in every format, so that a mixed tree can be asked one question. A family is what\n"
    text += "`FROM` asks for. Fields that a format has beyond these keep their own name; [formats](formats.md) lists\n"
    text += "them. What a line lacks, or has as `-`, is NULL.\n"
    for family, names in FIELDS.items():
        title = "Every family" if family == "all" else code(family)
        text += f"\n## {title}\n\n{FAMILIES[family]}\n\n"
        rows = [(code(name), str(kind), MEANINGS[name]) for name, kind in names.items()]
        text += table(("field", "type", "meaning"), rows)
    return text


def formats() -> str:
    """Return the page of formats: what each is, a line of it, its fields."""
    from logproc.formats import FORMATS

    text = NOTE + "# Formats\n\n"
    text += "The format of each file is found from its content; `--format NAME`, or `format` of a `[[source]]`, fixes\n"
    text += "it. Compression (gzip, bzip2, xz, zstd) is known by the first bytes, never by the name. More on files of\n"
    text += "several formats, records of several lines and arrays: [how files are read](reading.md).\n\n"
    text += table(("`--format`", "what"), [("`auto`", "each file by its content (the default)"), *_languages()])
    for family in dict.fromkeys(row.family for row in FORMATS.values()):
        rows = [row for row in FORMATS.values() if row.family == family]
        text += f"\n## Family `{family}`\n\n"
        text += table(("`--format`", "what"), [(f"[{code(row.name)}](#{row.name})", _plain(row.doc)) for row in rows])
        text += "".join("".join(_format(row)) for row in rows)
    return text


def _languages() -> list[tuple[str, str]]:
    from logproc.formats import PATTERN_DOCS, STRINGS

    rows = [(f"`{language}:...`", f"a format string of {language}") for language in STRINGS]
    rows += [(f"`{language}:...`", _plain(doc)) for language, doc in PATTERN_DOCS.items()]
    more = ((name, doc, WHERE.get(name.strip("`").partition(":")[0])) for name, doc in rows)
    return [(name, f"{doc}: {where}" if where else doc) for name, doc, where in more]


WHERE = {
    "nginx": "[nginx](../howto/nginx.md)",
    "apache": "[Apache](../howto/apache.md)",
    "tomcat": "the `pattern` of an `AccessLogValve` up to Tomcat 9, whose `%D` is milliseconds",
    "tomcat10": "the same from Tomcat 10 on, whose `%D` is microseconds",
    "jetty": "the format of a `CustomRequestLog`",
    "varnish": "what `varnishncsa -F` takes",
    "regex": "[patterns](../patterns.md)",
    "grok": "[patterns](../patterns.md#grok)",
    "grok-ecs": "[patterns](../patterns.md#grok)",
    "postgres": "`%m [%p] %u@%d`, as in postgresql.conf",
}
"""By language, where it is written, or the page that shows how."""


def _format(row: Format) -> Iterator[str]:
    from logproc.formats.format import FIXED
    from logproc.model import FIELDS

    known = FIELDS["all"] | FIELDS[row.family]
    yield f"\n### `{row.name}`\n\n{_plain(row.doc)[:1].upper()}{_plain(row.doc)[1:]}.\n\n"
    for sample in row.samples[:1]:
        yield f"```text\n{sample.line}\n```\n\n"
    common = ", ".join(code(name) for name in row.fields if name in known)
    own = ", ".join(f"{code(name)} ({kind})" for name, kind in row.fields.items() if name not in known)
    if row.engine in FIXED:
        yield f"Fields: {common}." if common else "Fields: none of the family's."
    else:
        yield f"Fields known by their usual names: {common}; others keep their names."
    yield f" Its own: {own}.\n" if own else "\n"


# ---- presets and the man page ----------------------------------------------------------------------------------------


def presets() -> str:
    """Return the page of built-in reports with their SQL."""
    from logproc.presets import PRESETS, load

    text = NOTE + "# Presets\n\n"
    text += "`reports.use` of config.toml and `--report` take a preset (`web`) or one of its reports (`web/paths`).\n"
    text += "`logproc presets --eject DIR` copies the SQL, to be changed and used as `--report FILE.sql`.\n"
    text += "\nComments above a SELECT say more of it. `-- title:` is what people see of the report's name.\n"
    text += "`-- where logged:` names columns that are left out where no row has a value, as times are where a server\n"
    text += "does not write them down.\n"
    for preset, names in PRESETS.items():
        text += f"\n## `{preset}`\n"
        for name in names:
            ((_, sql),) = load(f"{preset}/{name}")
            text += f"\n### `{preset}/{name}`\n\n```sql\n{sql.strip()}\n```\n"
    return text


def manual() -> str:
    """Return the man page."""
    from logproc.cli import main as group
    from logproc.commands.manual import page

    return page(group)


PAGES = {
    "reference/cli.md": cli,
    "reference/config.md": config,
    "reference/fields.md": fields,
    "reference/formats.md": formats,
    "reference/presets.md": presets,
    "man/logproc.1": manual,
}
"""Every generated file, below this folder, and what returns its text."""


def main() -> None:
    """Write all pages."""
    for name, write in PAGES.items():
        path = HERE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write(), encoding="utf-8")


if __name__ == "__main__":
    main()
