"""Logs of phones, desktops and supercomputers, as the loghub collection has them.

https://github.com/logpai/loghub; https://source.android.com/docs/core/tests/debug/understanding-logging
"""

from __future__ import annotations

from logproc.formats.format import Sample
from logproc.formats.heads import ISO, MESSAGE, PADDED_MESSAGE, app, level, maybe, number, stamp, word
from logproc.formats.program import Meaning, Slot

SYSTEMS = (
    app(
        "android",
        "Android's logcat -v threadtime",
        (
            stamp("%m-%d %H:%M:%S%.%|%i%z", b" "),
            number("pid"),
            word("thread"),
            Slot("level", Meaning.LETTER, b" "),
            Slot("logger", Meaning.TEXT, b":"),
            PADDED_MESSAGE,
        ),
        rank=-2,
        begins=rb"(?:\d{4}-)?\d\d-\d\d ",
        head=4,
        headers=(b"--------",),
        samples=(
            Sample(
                "03-17 16:13:38.811  1702  2395 D WindowManager: printFreezingDisplayLogs",
                {
                    "time": "2000-03-17T16:13:38.811000Z",
                    "pid": 1702,
                    "thread": "2395",
                    "level": "DEBUG",
                    "logger": "WindowManager",
                    "message": "printFreezingDisplayLogs",
                },
            ),
        ),
        refused=("03-17 16:13:38.811  1702 D WindowManager: x", "13-17 16:13:38.811  1702  2395 D WindowManager: x"),
    ),
    app(
        "android_uid",
        "Android's logcat -v threadtime,uid: the user in front of the process",
        (
            stamp("%m-%d %H:%M:%S%.%|%i%z", b" "),
            word("user"),
            number("pid"),
            word("thread"),
            Slot("level", Meaning.LETTER, b" "),
            maybe(Slot("logger", Meaning.WORD, b":")),
            PADDED_MESSAGE,
        ),
        rank=-2,
        begins=rb"(?:\d{4}-)?\d\d-\d\d [\d:.]+ +\w+ +\d+ +\d+ [VDIWEF] ",
        head=5,
        headers=(b"--------",),
        samples=(
            Sample(
                "05-26 11:18:41.509  root  1215 23402 W dhd: print water mark is reached",
                {
                    "time": "2000-05-26T11:18:41.509000Z",
                    "user": "root",
                    "pid": 1215,
                    "thread": "23402",
                    "level": "WARN",
                    "logger": "dhd",
                    "message": "print water mark is reached",
                },
            ),
            Sample("05-26 11:18:41.509  1000  1215 23402 V Camera: x", {"user": "1000", "level": "TRACE"}),
        ),
        refused=("03-17 16:13:38.811  1702  2395 D WindowManager: x", "13-17 16:13:38.811 1000 1702  2395 D W: x"),
    ),
    app(
        "android_time",
        "Android's logcat -v time",
        (
            stamp("%m-%d %H:%M:%S%.", b" "),
            Slot("level", Meaning.LETTER, b"/"),
            Slot("logger", Meaning.TEXT, b"("),
            number("pid", b"): "),
            MESSAGE,
        ),
        rank=-2,
        begins=rb"\d\d-\d\d ",
        head=4,
        headers=(b"--------",),
        needs=(b"/", b"(", b"): "),
        samples=(
            Sample(
                "03-17 16:13:38.811 W/System.err( 1702): java.lang.Exception",
                {
                    "time": "2000-03-17T16:13:38.811000Z",
                    "level": "WARN",
                    "logger": "System.err",
                    "pid": 1702,
                    "message": "java.lang.Exception",
                },
            ),
        ),
        refused=("03-17 16:13:38.811 W/System.err: x", "13-17 16:13:38.811 W/System.err( 1702): x"),
    ),
    app(
        "android_brief",
        "Android's logcat -v brief; time is null",
        (Slot("level", Meaning.LETTER, b"/"), Slot("logger", Meaning.TEXT, b"("), number("pid", b"): "), MESSAGE),
        rank=-5,
        begins=rb"[A-Z]/",
        head=3,
        needs=(b"/", b"(", b"): "),
        samples=(
            Sample(
                "E/AndroidRuntime( 1234): FATAL EXCEPTION", {"level": "ERROR", "logger": "AndroidRuntime", "pid": 1234}
            ),
        ),
        refused=("E/AndroidRuntime: FATAL EXCEPTION", "X/AndroidRuntime( 1234): y"),
    ),
    app(
        "windows_cbs",
        "CBS.log of Windows' servicing stack",
        (stamp("%Y-%m-%d %H:%M:%S", b", "), level(), word("logger", b" "), PADDED_MESSAGE),
        rank=-2,
        needs=(b", ",),
        samples=(
            Sample(
                "2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack v6.1.7601.23505",
                {
                    "time": "2016-09-28T04:30:30Z",
                    "level": "INFO",
                    "logger": "CBS",
                    "message": "Loaded Servicing Stack v6.1.7601.23505",
                },
            ),
        ),
        refused=("2016-09-28 04:30:30 Info CBS x", "2016-09-28 04:30:30, Nothing CBS x"),
    ),
    app(
        "windows_update_trace",
        "what Get-WindowsUpdateLog writes: date, time, process, thread, component, message",
        (
            stamp("%Y/%m/%d %H:%M:%S%.", b" "),
            number("pid"),
            word("thread"),
            word("logger"),
            PADDED_MESSAGE,
        ),
        rank=1,
        begins=rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{7} +\d+ +\d+ +[A-Z]",
        samples=(
            Sample(
                "2017/01/05 10:16:54.8150321 1032  2936  Agent           *FAILED* [8024000C] Method failed",
                {
                    "time": "2017-01-05T10:16:54.815032Z",
                    "pid": 1032,
                    "thread": "2936",
                    "logger": "Agent",
                    "message": "*FAILED* [8024000C] Method failed",
                },
            ),
        ),
        refused=(
            "2017/01/05 10:16:54.8150321 1032 Agent x",
            "2017/01/05 10:16:54 Agent x",
        ),
    ),
    app(
        "bgl",
        "Blue Gene/L: label, epoch, date, node, local time, node, type, component, level, message",
        (
            word("label"),
            stamp("%s", b" "),
            word(None),
            word("node"),
            Slot(None, Meaning.STAMP, b" ", layout="%Y-%m-%d-%H.%M.%S%."),
            word(None),
            word("type"),
            word("logger"),
            level(),
            MESSAGE,
        ),
        rank=0,
        begins=rb"\S+ \d{9,10} \d{4}\.",
        head=5,
        samples=(
            Sample(
                "- 1117838570 2005.06.03 R02-M1-N0-C:J12-U11 2005-06-03-15.42.50.675872 R02-M1-N0-C:J12-U11 RAS KERNEL "
                "INFO instruction cache parity error corrected",
                {
                    "time": "2005-06-03T22:42:50Z",
                    "label": None,
                    "node": "R02-M1-N0-C:J12-U11",
                    "type": "RAS",
                    "logger": "KERNEL",
                    "level": "INFO",
                    "message": "instruction cache parity error corrected",
                },
            ),
        ),
        refused=("- 1117838570 2005.06.03 R02 RAS KERNEL INFO x", "- today 2005.06.03 R02 x"),
    ),
    app(
        "thunderbird",
        "Thunderbird: label, epoch, date, node, and syslog's line",
        (
            word("label"),
            stamp("%s", b" "),
            word(None),
            word("node"),
            Slot(None, Meaning.STAMP, b" ", layout="%b %d %H:%M:%S"),
            word("host"),
            Slot(None, Meaning.TAG, b""),
            MESSAGE,
        ),
        family="syslog",
        rank=0,
        begins=rb"\S+ \d{9,10} \d{4}\.",
        head=5,
        samples=(
            Sample(
                "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond(pam_unix)[2915]: session closed",
                {
                    "time": "2005-11-09T20:01:01Z",
                    "node": "dn228",
                    "host": "dn228/dn228",
                    "program": "crond(pam_unix)",
                    "pid": 2915,
                    "message": "session closed",
                },
            ),
        ),
        refused=("- 1131566461 2005.11.09 dn228 dn228 crond[2915]: x", "Nov 9 12:01:01 dn228 crond[2915]: x"),
    ),
    app(
        "hpc",
        "LANL's clusters: number, node, component, state, epoch, flag, message",
        (
            number("number"),
            word("node"),
            word("logger"),
            word("state"),
            stamp("%s", b" "),
            Slot("flag", Meaning.INTEGER, b" ", solid=True),
            MESSAGE,
        ),
        rank=-1,
        begins=rb"\d+ \S+ \S+ \S+ \d{9,10} ",
        head=6,
        samples=(
            Sample(
                "134681 node-246 unix.hw state_change.unavailable 1077804742 1 Component State Change",
                {
                    "time": "2004-02-26T14:12:22Z",
                    "number": 134681,
                    "node": "node-246",
                    "logger": "unix.hw",
                    "state": "state_change.unavailable",
                    "flag": 1,
                },
            ),
        ),
        refused=("134681 node-246 unix.hw 1077804742 1 x", "x node-246 unix.hw a 1077804742 1 x"),
    ),
    app(
        "healthapp",
        "HealthApp on Android: time|component|process|message",
        (
            stamp("%Y%m%d-%H:%M:%S:%f", b"|"),
            Slot("logger", Meaning.TEXT, b"|"),
            number("pid", b"|"),
            MESSAGE,
        ),
        rank=0,
        needs=(b"|", b"-", b":"),
        samples=(
            Sample(
                "20171223-22:15:29:606|Step_LSC|30002312|onStandStepChanged 3579",
                {
                    "time": "2017-12-23T22:15:29.606000Z",
                    "logger": "Step_LSC",
                    "pid": 30002312,
                    "message": "onStandStepChanged 3579",
                },
            ),
        ),
        refused=("20171223-22:15:29:606|Step_LSC|x|y", "20171323-22:15:29:606|Step_LSC|1|y"),
    ),
    app(
        "proxifier",
        "Proxifier: [month.day clock] program - message",
        (stamp("%m.%d %H:%M:%S", b"] "), Slot("program", Meaning.TEXT, b" - "), MESSAGE),
        prefix=b"[",
        rank=-2,
        needs=(b"[", b"] ", b" - "),
        samples=(
            Sample(
                "[10.30 16:49:06] chrome.exe *64 - proxy.cse.cuhk.edu.hk:5070 open through proxy",
                {
                    "time": "2000-10-30T16:49:06Z",
                    "program": "chrome.exe *64",
                    "message": "proxy.cse.cuhk.edu.hk:5070 open through proxy",
                },
            ),
        ),
        refused=("[10.30 16:49:06] chrome.exe x", "[13.30 16:49:06] chrome.exe - x"),
    ),
    app(
        "android_studio",
        "Android Studio's logcat: time pid-thread/program LEVEL/logger: message",
        (
            stamp(f"{ISO}%|%m-%d %H:%M:%S%.", b" "),
            number("pid", b"-"),
            word("thread", b"/"),
            word("program"),
            Slot("level", Meaning.LETTER, b"/"),
            Slot("logger", Meaning.TEXT, b": "),
            MESSAGE,
        ),
        rank=0,
        begins=rb"(?:\d{4}-)?\d\d-\d\d [\d:.]+ +\d+-\d+/\S+ [A-Z]/",
        head=5,
        samples=(
            Sample(
                "2024-01-02 03:04:05.678 1234-5678/com.example.app E/MainActivity: boom",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "pid": 1234,
                    "thread": "5678",
                    "program": "com.example.app",
                    "level": "ERROR",
                    "logger": "MainActivity",
                    "message": "boom",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.678 1234-5678/com.example.app boom", "01-02 03:04:05.678 1234/a E/B: c"),
    ),
    app(
        "android_columns",
        "Android Studio's logcat from Electric Eel on: time pid-thread logger program LEVEL message, in columns",
        (
            stamp(ISO, b" "),
            number("pid", b"-"),
            word("thread"),
            Slot("logger", Meaning.TEXT, b"  ", padded=True),
            word("program"),
            Slot("level", Meaning.LETTER, b" ", padded=True),
            PADDED_MESSAGE,
        ),
        rank=0,
        begins=rb"\d{4}-\d\d-\d\d [\d:.]+ +\d+-\d+ +\S.*  +\S+ +[A-Z]  ",
        head=6,
        samples=(
            Sample(
                "2024-01-02 03:04:05.678  1234-5678  MainActivity            com.example.app                 E  boom",
                {
                    "pid": 1234,
                    "thread": "5678",
                    "logger": "MainActivity",
                    "program": "com.example.app",
                    "level": "ERROR",
                    "message": "boom",
                },
            ),
        ),
        refused=("2024-01-02 03:04:05.678  1234-5678  MainActivity", "2024-01-02 03:04:05.678  1234  A  b  E  c"),
    ),
    app(
        "android_tag",
        "Android's logcat -v tag; time is null",
        (Slot("level", Meaning.LETTER, b"/"), Slot("logger", Meaning.TEXT, b": "), MESSAGE),
        rank=-6,
        begins=rb"[VDIWEF]/[\w.$-]+ *: ",
        head=2,
        samples=(
            Sample("D/WindowManager: frozen", {"level": "DEBUG", "logger": "WindowManager", "message": "frozen"}),
        ),
        refused=("WindowManager: frozen", "X/WindowManager: frozen"),
    ),
    app(
        "android_process",
        "Android's logcat -v process; time is null",
        (Slot("level", Meaning.LETTER, b"("), number("pid", b") "), MESSAGE),
        rank=-6,
        begins=rb"[VDIWEF]\( *\d+\) ",
        head=2,
        samples=(
            Sample("D( 1702) frozen  (Manager)", {"level": "DEBUG", "pid": 1702, "message": "frozen  (Manager)"}),
        ),
        refused=("D/Manager( 1702): frozen", "(1702) frozen"),
    ),
)
"""Rows of the family."""
