"""Queries of the subset, drawn as text that logproc and DuckDB both read; sketches in DuckDB are counted exactly."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

PATHS = ["/", "/a", "/a/b.css", "/A", "/caf\u00e9", "/50%", "/x_y", "/login"]
CLIENTS = ["10.0.0.1", "10.0.0.2", "::1", "example.net"]
AGENTS = ["curl/8", "Mozilla/5.0 (X11)", "bot", ""]
LEVELS = ["info", "WARN", "error"]


@dataclass(frozen=True)
class Relation:
    """What can be asked of a relation: expressions over its columns by kind."""

    name: str
    texts: tuple[str, ...]
    integers: tuple[str, ...]
    words: tuple[str, ...]


WEB = Relation(
    "web",
    ("client", "method", "path", "query", "user", "user_agent", "referrer", "protocol"),
    ("status", "bytes"),
    (*PATHS, *CLIENTS, *AGENTS, "GET", "none"),
)
JSON = Relation(
    "json",
    ("level", "message", "route"),
    ("CAST(status AS BIGINT)", "TRY_CAST(bytes AS BIGINT)"),
    (*LEVELS, *PATHS, "WARNING", "started"),
)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


PLACES = [st.integers(0, max(count - 1, 0)) for count in range(64)]
"""Places in so many choices: a strategy made anew for each choice took a third of the time of a query."""


class Draw:
    """Expressions over the columns of a relation; only what is chosen is drawn."""

    def __init__(self, draw, relation):
        self.draw = draw
        self.relation = relation

    def pick(self, *choices):
        chosen = choices[self.draw(PLACES[len(choices)])]
        return chosen() if callable(chosen) else chosen

    def word(self):
        return quoted(self.pick(*self.relation.words))

    def text(self, depth=2):
        column = self.pick(*self.relation.texts)
        if depth == 0:
            return column
        inner = self.text(depth - 1)
        return self.pick(
            column, column, column,
            f"lower({inner})", f"upper({inner})", f"trim({inner})", f"({inner} || {column})",
            lambda: f"substring({inner}, {self.pick(1, 2, -2)}, {self.pick(1, 3)})",
            lambda: f"split_part({inner}, '/', {self.pick(1, 2, -1)})",
            lambda: f"left({inner}, {self.pick(2, -1)})",
            lambda: f"replace({inner}, {self.pick(*map(quoted, 'ae/'))}, '#')",
            f"concat({inner}, ':', {column})",
            lambda: f"coalesce({inner}, {self.word()})",
            lambda: f"nullif({inner}, {self.word()})",
            lambda: f"CASE WHEN {self.condition(depth - 1)} THEN {inner} ELSE {self.word()} END",
            lambda: f"strftime(time, {self.pick(*map(quoted, ('%H', '%Y-%m-%d', '%a')))})",
            lambda: f"CAST({self.integer(depth - 1)} AS VARCHAR)",
            lambda: f"{self.pick('reverse', 'ltrim', 'rtrim', 'strip_accents')}({inner})",
            lambda: f"{self.pick('md5', 'url_decode', 'url_encode')}({inner})",
            lambda: f"lpad({inner}, {self.pick(0, 3, 12)}, '*')",
            lambda: f"repeat({inner}, {self.pick(0, 2)})",
            lambda: f"translate({inner}, 'a/', {self.pick(*map(quoted, ('x', 'xy', '')))})",
            lambda: f"concat_ws('-', {inner}, {column})",
            lambda: f"regexp_replace({inner}, {self.pick(*map(quoted, ('[a-c]', '/', 'x*')))}, '+', 'g')",
            lambda: f"regexp_extract({inner}, '([a-z]+)/?(.)?', {self.pick(0, 1, 2)})",
            lambda: f"if({self.condition(depth - 1)}, {inner}, {column})",
            lambda: f"CASE {inner} WHEN {self.word()} THEN {self.word()} WHEN {self.word()} THEN {column} END",
            lambda: f"{self.pick('greatest', 'least')}({inner}, {column})",
            lambda: f"{self.pick('dayname', 'monthname')}(time)",
        )  # fmt: skip

    def integer(self, depth=2):
        column = self.pick(*self.relation.integers)
        if depth == 0:
            return column
        inner = self.integer(depth - 1)
        return self.pick(
            column, column, column,
            f"({inner} // 100)", f"abs({inner})", f"({inner} + {column})", f"(-{inner})", f"coalesce({inner}, 0)",
            f"greatest({inner}, {column})",
            lambda: f"({inner} % {self.pick(2, 7)})",
            lambda: f"({inner} - {self.pick(1, 200)})",
            lambda: f"length({self.text(depth - 1)})",
            lambda: f"strpos({self.text(depth - 1)}, '/')",
            lambda: f"extract({self.pick('hour', 'day', 'dow', 'month', 'year', 'minute')} FROM time)",
            lambda: f"CASE WHEN {self.condition(depth - 1)} THEN {inner} END",
            lambda: f"CAST({self.text(depth - 1)} = {self.word()} AS BIGINT)",
            lambda: f"TRY_CAST({self.text(depth - 1)} AS BIGINT)",
            lambda: f"nullif({inner}, {self.pick(0, 200, 404)})",
            lambda: f"if({self.condition(depth - 1)}, {inner}, {column})",
            lambda: f"date_diff({self.pick(*map(quoted, ('hour', 'day', 'month')))}, TIMESTAMP '2026-01-15', time)",
            lambda: f"{self.pick('week', 'isodow', 'yearweek', 'second', 'dayofyear')}(time)",
            lambda: f"levenshtein({self.text(0)}, {self.word()})",
            lambda: f"({inner} & {self.pick(1, 12)})",
            lambda: f"sign({inner})",
        )  # fmt: skip

    def time(self):
        unit = self.pick("hour", "day", "week", "month", "minute", "quarter", "year")
        return self.pick(
            "time", f"date_trunc('{unit}', time)",
            lambda: f"time_bucket(INTERVAL '{self.pick('5 minutes', '7 hours', '1 week', '3 months')}', time)",
            lambda: f"time {self.pick('+', '-')} INTERVAL '{self.pick('90 seconds', '1 month', '2 days')}'",
        )  # fmt: skip

    def condition(self, depth=2):
        below = max(depth - 1, 0)
        text, number = (lambda: self.text(below)), (lambda: self.integer(below))
        sign, never = (lambda: self.pick("=", "<>", "<", "<=", ">", ">=")), self.pick("", "NOT ")
        simple = self.pick(
            lambda: f"{number()} {sign()} {self.pick(0, 200, 404, 1000)}",
            lambda: f"{text()} {sign()} {self.word()}",
            lambda: f"{number()} {sign()} {self.integer(0)}",
            lambda: f"{text()} {sign()} {self.text(0)}",
            lambda: f"{number()} {never}IN (200, 404, {self.pick('NULL', '7', '1000')})",
            lambda: f"{text()} {never}IN ({self.word()}, {self.pick('NULL', self.word)})",
            lambda: f"{number()} {never}BETWEEN {self.pick(0, 200)} AND {self.pick(404, 10**6)}",
            lambda: f"{text()} {never}BETWEEN {self.word()} AND {self.word()}",
            lambda: f"{text()} {never}LIKE {self.pattern()}",
            lambda: f"{text()} {never}ILIKE {self.pattern()}",
            lambda: f"{text()} IS {never}NULL",
            lambda: f"{number()} IS {never}NULL",
            lambda: f"time IS {never}NULL",
            lambda: f"time {sign()} '2026-02-01 01:00:00'",
            lambda: f"starts_with({text()}, '/')",
            lambda: f"contains({text()}, {self.word()})",
            lambda: f"regexp_matches({text()}, {self.pick(*map(quoted, ('^/a', '[0-9]+', 'a|b$')))})",
            lambda: f"({number()} > 300) = ({self.integer(0)} > 300)",
            lambda: f"({number()} > 100) IS {never}TRUE",
            lambda: f"{text()} IS {never}DISTINCT FROM {self.text(0)}",
            lambda: f"{number()} IS {never}DISTINCT FROM {self.integer(0)}",
            lambda: f"{text()} {never}SIMILAR TO {self.pick(*map(quoted, ('/.*', '[a-z0-9.]+', '')))}",
            lambda: f"{text()} GLOB {self.pick(*map(quoted, ('/*', '*a*', '?', '[a-c]*')))}",
            lambda: f"ends_with({text()}, {self.word()})",
            lambda: f"time >= TIMESTAMP '2026-02-01' - INTERVAL {self.pick(1, 12)} DAYS",
            lambda: f"extract(hour FROM time) {never}IN (0, 1, {self.pick(2, 13)})",
        )
        if depth == 0:
            return f"({simple})"
        return self.pick(
            f"({simple})", f"({simple})", f"(NOT ({simple}))",
            lambda: f"({simple} AND {self.condition(depth - 1)})",
            lambda: f"({simple} OR {self.condition(depth - 1)})",
        )  # fmt: skip

    def pattern(self):
        return self.pick(*map(quoted, ("/%", "%a%", "_", "", "%", "/a_b%", "%\u00c9", "10.%.1")))

    def filter(self):
        return self.pick("", "", lambda: f" FILTER (WHERE {self.condition(1)})")

    def exact(self):
        """Draw an aggregate that is a whole number, exactly."""
        call = self.pick(
            "count(*)",
            lambda: f"count({self.text(1)})",
            lambda: f"sum({self.integer(1)})",
            lambda: f"min({self.integer(1)})",
            lambda: f"max({self.integer(1)})",
            lambda: f"coalesce(count_if({self.condition(1)}), 0)",
            lambda: f"count(DISTINCT {self.pick(lambda: self.text(1), lambda: self.integer(1), self.time)})",
        )
        return call if call.startswith("coalesce") else call + self.filter()

    def value(self):
        one = self.exact()
        return self.pick(
            one, one, f"coalesce({one}, -1)", f"CASE WHEN {one} > 2 THEN 'many' ELSE 'few' END",
            f"{one} * 100.0 / count(*)",
            lambda: f"{self.pick('min', 'max')}({self.time()}){self.filter()}",
            lambda: f"avg({self.integer(1)}){self.filter()}",
            lambda: f"{one} / {self.exact()}",
            lambda: f"({one} - {self.exact()})",
            lambda: f"{one} > {self.exact()}",
            lambda: f"least({one}, {self.exact()})",
            lambda: f"{self.pick('min', 'max')}({self.text(1)}){self.filter()}",
            lambda: f"{self.pick('bool_and', 'bool_or')}({self.condition(1)}){self.filter()}",
            lambda: f"round(avg({self.integer(1)}){self.filter()}, 2)",
            lambda: f"{one} + {self.pick('min', 'max')}({self.integer(1)})",
            lambda: f"CASE WHEN max({self.text(1)}) LIKE '/%' THEN {one} ELSE 0 END",
        )  # fmt: skip

    def special(self):
        """Draw an aggregate that is written in another way for DuckDB; returns both, and how they are compared."""
        condition = self.pick("true", lambda: self.condition(1))
        column = self.pick(lambda: self.text(1), lambda: self.integer(1))
        kept = f"FILTER (WHERE {condition})"
        form = self.pick("pair", "histogram", "any", "moments", "top")
        if form == "pair":
            by, name = (
                self.pick(lambda: self.integer(1), lambda: self.integer(0), "time"),
                self.pick("arg_min", "arg_max"),
            )
            sign = "-" if name == "arg_max" else ""
            number = f"epoch_us({by})" if by == "time" else f"({by})"
            whole = f"FILTER (WHERE ({condition}) AND {number} IS NOT NULL AND {column} IS NOT NULL)"
            their = f"arg_min({column}, row({sign}{number}, {column})) {whole}"
            return f"{name}({column}, {by}) {kept}", their, "exact"
        if form == "histogram":
            return f"histogram({column}) {kept}", f"CAST(to_json(histogram({column}) {kept}) AS VARCHAR)", "json"
        if form == "any":
            return f"any_value({column}) {kept}", f"min({column}) {kept}", "exact"
        if form == "moments":
            name, number = self.pick("stddev", "var_pop", "stddev_pop", "variance"), self.integer(1)
            return (f"{name}({number}) {kept}",) * 2 + ("moment",)
        counted = f"list_sort(list({column}) {kept})"
        return f"approx_top_k({column}, 2) {kept}", f"CAST(to_json({counted}) AS VARCHAR)", "top"

    def sketch(self):
        """Draw a sketch; returns it for logproc, and what counts it exactly for DuckDB, and its kind."""
        if self.draw(st.booleans()):
            return self.special()
        if self.draw(st.booleans()):
            argument, condition = self.pick(lambda: self.text(1), lambda: self.integer(1), self.time), self.filter()
            return f"approx_count_distinct({argument}){condition}", f"count(DISTINCT {argument}){condition}", "distinct"
        argument, share = self.integer(1), self.pick("0.5", "0.9", "0.0", "1.0")
        where = self.pick("", lambda: f"{self.condition(1)} AND ")
        kept = f"FILTER (WHERE {where}{argument} IS NOT NULL)"
        place = f"CAST(floor({share}::DOUBLE * (count({argument}) {kept} - 1)) AS BIGINT) + 1"
        return (
            f"approx_quantile({argument}, {share}) {kept}",
            f"list_sort(list({argument}) {kept})[{place}]::DOUBLE",
            "quantile",
        )


@dataclass(frozen=True)
class Query:
    """A query in both dialects, and how each output column is compared."""

    ours: str
    theirs: str
    kinds: tuple[str, ...] = field(compare=False)


@st.composite
def queries(draw, relation):
    d = Draw(draw, relation)
    count = draw(st.integers(0, 3))
    keys = [d.pick(d.text, d.text, d.integer, d.time, d.condition) for _ in range(count)]
    keys = list(dict.fromkeys(keys))
    values = [d.value() for _ in range(draw(st.integers(0 if keys else 1, 3)))]
    sketches = [d.sketch() for _ in range(draw(st.sampled_from([0, 0, 1, 2])))]
    outputs = [f"{e} AS k{n}" for n, e in enumerate(keys)] + [f"{e} AS v{n}" for n, e in enumerate(values)]
    where = f" WHERE {d.condition()}" if draw(st.booleans()) else ""
    names = [f"k{n}" for n in range(len(keys))]
    group = ""
    if keys:
        group = " GROUP BY " + d.pick("ALL", ", ".join(names), ", ".join(str(n + 1) for n in range(len(keys))))
    having = f" HAVING {d.exact()} {d.pick('>', '<>', '<=')} {d.pick(1, 2, 500)}" if draw(st.booleans()) else ""
    terms = [
        f"{d.pick(d.exact, *names)} {d.pick('', 'ASC', 'DESC')} {d.pick('', 'NULLS FIRST', 'NULLS LAST')}"
        for _ in range(draw(st.integers(0, 2)))
    ]
    limit = d.pick("", " LIMIT 3", " LIMIT 2 OFFSET 1", " LIMIT 100")
    order = f" ORDER BY {', '.join(terms)}" if terms else ""
    # The contract's rule for ties: the remaining columns, ascending, NULLs last. Keys come first, so that no number
    # that may differ in its last bit decides.
    ties = [f"{n + 1} ASC NULLS LAST" for n in range(len(keys) + len(values))]
    full = f" ORDER BY {', '.join([*terms, *ties])}" if terms or ties else ""
    tail = f" FROM {relation.name}{where}{group}{having}"
    ours = ", ".join([*outputs, *(f"{mine} AS s{n}" for n, (mine, _, _) in enumerate(sketches))])
    theirs = ", ".join([*outputs, *(f"{its} AS s{n}" for n, (_, its, _) in enumerate(sketches))])
    kinds = ("exact",) * len(outputs) + tuple(kind for _, _, kind in sketches)
    return Query(f"SELECT {ours}{tail}{order}{limit}", f"SELECT {theirs}{tail}{full}{limit}", kinds)
