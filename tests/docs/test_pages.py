"""The documentation is true: its commands run, its links lead somewhere, its reference is what the code says."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil

import pytest
from docs.session import ROOT, Session, matches, steps
from markdown_it import MarkdownIt
from test_cases import normalised

from logproc.cli import main

DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")])
WITH_COMMANDS = [page for page in PAGES if "```console" in page.read_text(encoding="utf-8")]
WRITTEN = [page for page in PAGES if page.parent.name != "reference"]


def named(pages):
    return {"argnames": "page", "argvalues": pages, "ids": [str(page.relative_to(ROOT)) for page in pages]}


# ---- commands


@pytest.mark.long
@pytest.mark.parametrize(**named(WITH_COMMANDS))
def test_the_commands_of_a_page_do_what_it_says(page, tmp_path, monkeypatch, capfd, update_golden):
    (tmp_path / "page").mkdir()
    shutil.copytree(ROOT / "data", tmp_path / "page" / "data")
    session = Session(tmp_path / "page", monkeypatch, capfd)
    text = page.read_text(encoding="utf-8")
    lines = text.split("\n")
    told, wrong = steps(text), []
    code = 0
    for number, step in enumerate(told):
        if step.command == "echo $?":
            printed = [str(code)]
        else:
            code, output = session.run(step.command)
            shown = output.replace(str(tmp_path / "page"), "/home/me").splitlines()
            printed = [line.rstrip() for line in shown if not line.startswith("compiling the kernels")]
            is_told = number + 1 < len(told) and told[number + 1].command == "echo $?"
            assert is_told or code == 0, f"{step.command}\nexits with {code}:\n{output}"
        if not matches(normalised("\n".join(step.expected)).split("\n") if step.expected else [], _same(printed)):
            wrong.append((step, printed))
    if update_golden:
        for step, printed in reversed(wrong):
            lines[step.place : step.place + len(step.expected)] = printed
        page.write_text("\n".join(lines), encoding="utf-8")
    for step, printed in wrong:
        assert printed == step.expected, step.command


def _same(printed):
    return normalised("\n".join(printed)).split("\n") if printed else []


def test_what_is_printed_must_be_told():
    assert matches([], [])
    assert not matches([], ["a"])
    assert not matches(["a"], [])
    assert not matches(["a", "b"], ["a"])
    assert matches(["a", "...", "d"], ["a", "b", "c", "d"])
    assert matches(["a", "..."], ["a"])
    assert not matches(["a", "...", "d"], ["a", "b", "c"])


def fenced(page, *languages):
    tokens = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))
    return [token.content for token in tokens if token.type == "fence" and token.info in languages]


def command_lines(page):
    shown = "\n".join(fenced(page, "sh")).replace("\\\n", " ")
    return [line.strip() for line in shown.split("\n") if line.strip().startswith("logproc ")]


@pytest.mark.parametrize(**named([page for page in WRITTEN if command_lines(page)]))
def test_every_command_line_is_understood(page):
    for line in command_lines(page):
        words = shlex.split(line.split(" > ")[0].split(" | ")[0].split(" && ")[0], comments=True)[1:]
        command = main
        while hasattr(command, "commands"):
            name, *words = words
            command = command.commands[name]
        command.make_context(name, words)


# ---- links


@pytest.mark.parametrize(**named(WRITTEN))
def test_links_lead_to_files_and_headings(page):
    for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if target is None or re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            linked = (page.parent / path).resolve() if path else page
            assert linked.exists(), f"{page.name} links to {target}"
            assert not anchor or anchor in anchors(linked), f"{page.name} links to {target}; no such heading"


def anchors(page):
    """Return the fragments of a page's headings, as a forge and MyST make them."""
    tokens = MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8"))
    heads = [tokens[at + 1] for at, token in enumerate(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", "".join(c.content for c in h.children).lower()).replace(" ", "-") for h in heads}


# ---- the reference


def generator():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = generator()


@pytest.mark.parametrize("name", GENERATE.PAGES)
def test_the_reference_is_what_the_code_says(name):
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == GENERATE.PAGES[name](), f"docs/{name} is out of step: run `python docs/generate.py`"


def test_every_page_is_in_the_table_of_contents():
    listed = {line for block in re.findall(r"```\{toctree\}\n(.*?)```", (DOCS / "index.md").read_text(), re.DOTALL)
              for line in block.splitlines()}  # fmt: skip
    there = {str(page.relative_to(DOCS).with_suffix("")) for page in DOCS.rglob("*.md")}
    assert there - {"index"} <= listed


def test_the_figure_of_the_page_on_concurrency_shows_what_its_table_says():
    page = (DOCS / "concurrency.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if re.match(r"\| .* \| [\d.-]+ \|", line)]
    expected = ["1.00x" if backend == "serial" else ratio for _, backend, *_, ratio in rows]
    figure = (DOCS / "concurrency.svg").read_text(encoding="utf-8")
    assert re.findall(r">(\d+\.\d\dx)<", figure) == expected
    assert len(expected) == 18
