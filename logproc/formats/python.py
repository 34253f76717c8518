"""Logs of Python programs: its own logging in usual layouts, and what frameworks and servers make of it.

https://docs.python.org/3/howto/logging.html, https://docs.djangoproject.com/en/stable/topics/logging/,
https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#log-format
"""

from __future__ import annotations

from logproc.expressions import Expression
from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, NEVER, PADDED_MESSAGE, app, level, number, stamp, word
from logproc.formats.program import Meaning, Slot
from logproc.formats.within import Part, Within
from logproc.model import Kind

# "2024-01-02 03:04:05 INFO error handling is on": the level, or a thread in brackets, stands where the name would.
_NO_NAME_THERE = Expression(
    rb"\S+[T ]\S+ +(?:\[|(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL|TRC|DBG|INF|WRN|ERR|FTL)\b)"
)

PYTHON = (
    app(
        "python",
        "Python's logging without a format: LEVEL:logger:message; time is null",
        (level(b":", padded=False), Slot("logger", Meaning.WORD, b":"), MESSAGE),
        rank=-7,
        head=2,
        needs=(b":",),
        samples=(
            Sample(
                "WARNING:root:disk: full",
                {"time": "missing", "level": "WARN", "logger": "root", "message": "disk: full"},
            ),
            Sample("CRITICAL:app.db:", {"level": "FATAL", "logger": "app.db", "message": ""}),
        ),
        refused=("WARNING: root: x", "root:WARNING:x", "SOMETHING:root:x", "WARNING:a b:x"),
    ),
    app(
        "python_dashes",
        "Python's logging: %(asctime)s - %(name)s - %(levelname)s - %(message)s",
        (stamp(ISO, b" - "), Slot("logger", Meaning.TEXT, b" - ", solid=False), level(b" - "), MESSAGE),
        rank=-4,
        needs=(b" - ",),
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 - app.main - ERROR - failed - twice",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "logger": "app.main",
                    "level": "ERROR",
                    "message": "failed - twice",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 - app.main - failed", "2024-01-02 03:04:05,678 app.main - ERROR - x"),
    ),
    app(
        "python_level_first",
        "Python's logging: %(asctime)s - %(levelname)s - %(message)s",
        (stamp(ISO, b" - "), level(b" - "), MESSAGE),
        rank=-5,
        needs=(b" - ",),
        samples=(Sample("2024-01-02 03:04:05,678 - INFO - up", {"level": "INFO", "message": "up"}),),
        refused=("2024-01-02 03:04:05,678 - app - INFO - up", "2024-01-02 03:04:05,678 - up"),
    ),
    app(
        "python_bracketed",
        "Python's logging: %(asctime)s [%(levelname)s] %(name)s: %(message)s",
        (stamp(ISO, b" "), level(b"] ", b"["), word("logger", b": "), MESSAGE),
        rank=-5,
        begins=rb"\d{4}-\d\d-\d\d",
        head=2,
        needs=(b" [", b"] ", b": "),
        sure=NEVER,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 [WARNING] app.db: slow: 3 s",
                {"time": "2024-01-02T03:04:05.678000Z", "level": "WARN", "logger": "app.db", "message": "slow: 3 s"},
            ),
        ),
        refused=("2024-01-02 03:04:05,678 WARNING app.db: slow", "2024-01-02 03:04:05,678 [WARNING] it is slow: x"),
    ),
    app(
        "python_name_first",
        "Python's logging: %(asctime)s %(name)-12s %(levelname)-8s %(message)s",
        (stamp(ISO, b" "), word("logger"), level(), PADDED_MESSAGE),
        rank=-6,
        begins=rb"\d{4}-\d\d-\d\d[T ]\S+ +[A-Za-z_][\w.]* +(?:DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL)\b",
        head=3,
        sure=NEVER,
        unlike=_NO_NAME_THERE,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 app.db       WARNING  slow",
                {"time": "2024-01-02T03:04:05.678000Z", "logger": "app.db", "level": "WARN", "message": "slow"},
            ),
        ),
        refused=("2024-01-02 03:04:05,678 app.db slow", "2024-01-02 03:04:05,678 app.db: WARNING"),
    ),
    app(
        "python_bars",
        "Python's logging: %(asctime)s | %(levelname)s | %(name)s | %(message)s",
        (stamp(ISO, b" | "), level(b" | "), word("logger", b" | "), MESSAGE),
        rank=-3,
        needs=(b" | ",),
        sure=NEVER,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 | INFO     | app.db | up | running",
                {"level": "INFO", "logger": "app.db", "message": "up | running"},
            ),
        ),
        refused=("2024-01-02 03:04:05,678 | INFO | app db | up", "2024-01-02 03:04:05,678 | up | app.db | x"),
    ),
    app(
        "loguru",
        "loguru: time | level | module:function:line - message",
        (stamp(ISO, b" | "), level(b" | "), Slot("logger", Meaning.TEXT, b" - "), MESSAGE),
        rank=-2,
        needs=(b" | ", b" - "),
        samples=(
            Sample(
                "2024-01-02 03:04:05.678 | WARNING  | __main__:<module>:7 - low",
                {"level": "WARN", "logger": "__main__:<module>:7", "message": "low"},
            ),
        ),
        refused=("2024-01-02 03:04:05.678 | WARNING  | low", "2024-01-02 03:04:05.678 WARNING  | a:b:7 - low"),
    ),
    app(
        "flask",
        "Flask: [time] LEVEL in module: message",
        (stamp(ISO, b"] "), level(b" in "), word("logger", b": "), MESSAGE),
        prefix=b"[",
        rank=-2,
        needs=(b"[", b"] ", b" in "),
        samples=(
            Sample(
                "[2024-01-02 03:04:05,678] ERROR in app: Exception on / [GET]",
                {"level": "ERROR", "logger": "app", "message": "Exception on / [GET]"},
            ),
        ),
        refused=("[2024-01-02 03:04:05,678] ERROR at app: x", "[2024-01-02 03:04:05,678] something in app: x"),
    ),
    app(
        "gunicorn",
        "gunicorn's error log: [time] [process] [LEVEL] message",
        (stamp(ISO, b"] ["), number("pid", b"] ["), level(b"] "), MESSAGE),
        prefix=b"[",
        rank=-1,
        needs=(b"[", b"] ["),
        samples=(
            Sample(
                "[2024-01-02 03:04:05 +0100] [1234] [INFO] Listening at: http://127.0.0.1:8000",
                {
                    "time": "2024-01-02T02:04:05Z",
                    "pid": 1234,
                    "level": "INFO",
                    "message": "Listening at: http://127.0.0.1:8000",
                },
            ),
        ),
        refused=("[2024-01-02 03:04:05 +0100] [x] [INFO] y", "[2024-01-02 03:04:05 +0100] [1234] INFO y"),
    ),
    app(
        "celery",
        "Celery: [time: LEVEL/process] message",
        (stamp("%i", b": "), level(b"/"), Slot("process", Meaning.TEXT, b"] "), MESSAGE),
        prefix=b"[",
        rank=-1,
        needs=(b"[", b": ", b"/", b"] "),
        samples=(
            Sample(
                "[2024-01-02 03:04:05,678: WARNING/ForkPoolWorker-1] Task app.add[ab-c] succeeded",
                {"level": "WARN", "process": "ForkPoolWorker-1", "message": "Task app.add[ab-c] succeeded"},
            ),
        ),
        refused=("[2024-01-02 03:04:05,678: WARNING] x", "[2024-01-02 03:04:05,678] WARNING/Main x"),
    ),
    app(
        "uvicorn_access",
        "uvicorn's access log: LEVEL: client - request status; time is null",
        (
            level(b": ", padded=False),
            Slot("client", Meaning.ENDPOINT, b' - "', padded=True, port_name="remote_port"),
            Slot("request", Meaning.REQUEST, b'" '),
            Slot("status", Meaning.INTEGER, b" ", solid=True),
            Slot(None, Meaning.TEXT, b"\n"),
        ),
        family="web",
        rank=-6,
        single=True,
        begins=rb"[A-Z]+: +[\da-f.:\[\]]+ - \"",
        samples=(
            Sample(
                'INFO:     127.0.0.1:54321 - "GET /x?a=1 HTTP/1.1" 404 Not Found',
                {
                    "level": "INFO",
                    "client": "127.0.0.1",
                    "remote_port": 54321,
                    "method": "GET",
                    "path": "/x",
                    "status": 404,
                },
            ),
        ),
        refused=("INFO:     Started server process [1]", '127.0.0.1:54321 - "GET /x HTTP/1.1" 200 OK'),
    ),
    app(
        "uvicorn",
        "uvicorn: LEVEL: message; time is null",
        (level(b": ", padded=False), PADDED_MESSAGE),
        rank=-7,
        needs=(b":  ",),
        within=Within(
            "message",
            (
                Part("client", b"", b' - "', in_front=True, host=True),
                Part("request", b' - "', b'" ', in_front=True),
                Part("status", b'" ', b" ", in_front=True),
            ),
            kinds={"status": Kind.INTEGER},
        ),
        samples=(
            Sample(
                'INFO:     127.0.0.1:54321 - "GET /x HTTP/1.1" 200 OK',
                {"client": "127.0.0.1", "method": "GET", "target": "/x", "protocol": "HTTP/1.1", "status": 200},
            ),
            Sample(
                "INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)",
                {"level": "INFO", "message": "Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)"},
            ),
        ),
        refused=("INFO Uvicorn running", "Uvicorn: running"),
    ),
    app(
        "django",
        "Django's runserver",
        (
            stamp("%d/%b/%Y %H:%M:%S", b'] "'),
            Slot("request", Meaning.REQUEST, b'" ', quoted=True),
            Slot("status", Meaning.INTEGER, b" "),
            Slot("bytes", Meaning.INTEGER, b"\n"),
        ),
        prefix=b"[",
        family="web",
        rank=-3,
        begins=rb"\[\d\d?/[A-Z]",
        needs=(b"[", b'] "', b'" '),
        samples=(
            Sample(
                '[02/Jan/2024 03:04:05] "GET /admin/?next=1 HTTP/1.1" 200 4214',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "method": "GET",
                    "path": "/admin/",
                    "query": "next=1",
                    "status": 200,
                    "bytes": 4214,
                },
            ),
        ),
        refused=('[02/Jan/2024:03:04:05] "GET / HTTP/1.1" 200 4214', '[02/Jan/2024 03:04:05] "GET / HTTP/1.1" ok 4214'),
    ),
    app(
        "django_verbose",
        "Django's documented verbose layout: LEVEL time module process thread message",
        (level(), stamp(ISO, b" "), word("logger"), number("pid"), word("thread"), MESSAGE),
        rank=-2,
        begins=rb"[A-Z]+ +\d{4}-",
        head=2,
        samples=(
            Sample(
                'WARNING 2024-01-02 03:04:05,678 log 1234 140234 "GET /favicon.ico HTTP/1.1" 404 179',
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "WARN",
                    "logger": "log",
                    "pid": 1234,
                    "thread": "140234",
                    "message": '"GET /favicon.ico HTTP/1.1" 404 179',
                },
            ),
        ),
        refused=("INFO 2024-01-02 03:04:05,678 log 1234 x", "2024-01-02 03:04:05,678 INFO log 1 2 x"),
    ),
    app(
        "python_http",
        "Python's http.server and Werkzeug: common log format with a time of their own",
        (
            word("client"),
            word("ident"),
            word("user", b" ["),
            stamp("%d/%b/%Y %H:%M:%S", b'] "'),
            Slot("request", Meaning.REQUEST, b'" ', quoted=True),
            Slot("status", Meaning.INTEGER, b" "),
            Slot("bytes", Meaning.INTEGER, b"\n"),
        ),
        family="web",
        rank=-3,
        head=0,
        needs=(b" [", b'] "', b'" '),
        samples=(
            Sample(
                '127.0.0.1 - - [02/Jan/2024 03:04:05] "GET /a?b HTTP/1.1" 200 -',
                {
                    "time": "2024-01-02T03:04:05Z",
                    "client": "127.0.0.1",
                    "user": None,
                    "method": "GET",
                    "path": "/a",
                    "status": 200,
                    "bytes": None,
                },
            ),
        ),
        refused=(
            '127.0.0.1 - - [02/Jan/2024:03:04:05 +0000] "GET / HTTP/1.1" 200 -',
            "127.0.0.1 - - [02/Jan/2024 03:04:05] code 404, message File not found",
        ),
    ),
    app(
        "airflow",
        "Apache Airflow: [time] {file:line} LEVEL - message",
        (stamp(ISO, b"] {"), word("logger", b"} "), level(b" - "), MESSAGE),
        prefix=b"[",
        rank=-1,
        needs=(b"] {", b"} ", b" - "),
        samples=(
            Sample(
                "[2024-01-02T03:04:05.678+0100] {taskinstance.py:1091} INFO - Executing <Task(BashOperator): x>",
                {
                    "time": "2024-01-02T02:04:05.678000Z",
                    "logger": "taskinstance.py:1091",
                    "level": "INFO",
                    "message": "Executing <Task(BashOperator): x>",
                },
            ),
        ),
        refused=("[2024-01-02 03:04:05,678] {a.py:1} x", "[2024-01-02 03:04:05,678] INFO - x"),
    ),
    app(
        "odoo",
        "Odoo: time pid LEVEL database logger: message; the database is ? where there is none",
        (stamp(ISO, b" "), number("pid", b" "), level(padded=False), word("database"), word("logger", b": "), MESSAGE),
        rank=0,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3} \d+ [A-Z]+ (?:[\w.-]+|\?) (?:odoo|openerp|werkzeug|py\.warnings)\b",
        head=4,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 4567 INFO shop odoo.modules.loading: loading 1 modules...",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "pid": 4567,
                    "level": "INFO",
                    "database": "shop",
                    "logger": "odoo.modules.loading",
                    "message": "loading 1 modules...",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678 INFO shop odoo.sql_db: x", "2024-01-02 03:04:05,678 45 INFO shop odoo"),
    ),
    app(
        "python_colons",
        "Python's logging with colons: time:LEVEL:logger:message",
        (stamp(ISO, b":"), level(b":", padded=False), word("logger", b":"), MESSAGE),
        rank=-3,
        begins=rb"\d{4}-\d\d-\d\d [\d:]{8},\d{3}:[A-Z]+:[\w.]+:",
        head=3,
        samples=(
            Sample(
                "2024-01-02 03:04:05,678:INFO:app.models:saved: 7",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "INFO",
                    "logger": "app.models",
                    "message": "saved: 7",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05,678:INFO:saved 7", "2024-01-02 03:04:05,678 INFO:app.models:saved"),
    ),
)
"""Rows of the family."""
