"""Logs of Java programs: log4j, logback and java.util.logging in their usual layouts, and what others made of them.

https://logging.apache.org/log4j/2.x/manual/pattern-layout.html, https://logback.qos.ch/manual/layouts.html,
https://docs.oracle.com/javase/8/docs/api/java/util/logging/SimpleFormatter.html
"""

from __future__ import annotations

from logproc.expressions import Expression
from logproc.formats.format import Sample
from logproc.formats.heads import (
    ISO,
    LOGGER,
    MESSAGE,
    THREAD,
    app,
    bracketed,
    level,
    maybe,
    number,
    stamp,
    word,
)
from logproc.formats.program import Meaning, Slot

DATE = "%d %b %Y %H:%M:%S%."
"""The layout that log4j calls DATE."""

_BANNER = (b"  .   __", b" /\\\\ / _", b"( ( )\\__", b" \\\\/  __", b"  '  |__", b" =======", b" :: Spri")
"""How the lines begin that Spring Boot greets with, before its first record."""

JAVA = (
    app(
        "log4j",
        "log4j and logback with a thread: %d [%t] %-5p %c - %m",
        (stamp(f"{ISO}%|%m-%d %H:%M:%S%.%|{DATE}", b" "), THREAD, level(), LOGGER, MESSAGE),
        rank=-3,
        needs=(b" [", b"] "),
        samples=(
            Sample(
                "2024-01-02 03:04:05,678 [main] INFO  com.example.App - started in [2] s",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "thread": "main",
                    "level": "INFO",
                    "logger": "com.example.App",
                    "message": "started in [2] s",
                },
            ),
            Sample("01-02 03:04:05.678 [main] INFO  c.e.App - up", {"time": "2000-01-02T03:04:05.678000Z"}),
            Sample("02 Jan 2024 03:04:05,678 [main] INFO  c.e.App - up", {"time": "2024-01-02T03:04:05.678000Z"}),
            Sample(
                "2024-01-02T03:04:05.678+0100 [http-nio-8080-exec-1[x]] WARN c.e.App$Inner: slow",
                {
                    "time": "2024-01-02T02:04:05.678000Z",
                    "thread": "http-nio-8080-exec-1[x]",
                    "level": "WARN",
                    "logger": "c.e.App$Inner",
                },
            ),
            Sample("2014-08-13 13:36:30,000 [pool-1] FATAL a.b.C - ", {"level": "FATAL", "message": ""}),
        ),
        refused=(
            "2024-01-02 03:04:05,678 [main] started com.example.App - x",
            "2024-01-02 03:04:05,678 [main INFO com.example.App - x",
            "2024-01-02 03:04:05,678 INFO com.example.App - x",
            "\tat com.example.App.main(App.java:12)",
        ),
    ),
    app(
        "logback",
        "logback and log4j without a date: %d{HH:mm:ss.SSS} [%t] %-5level %logger - %msg; time is null",
        (stamp("%H:%M:%S%.", b" "), THREAD, level(), LOGGER, MESSAGE),
        rank=-4,
        needs=(b" [", b"] ", b":"),
        samples=(
            Sample(
                "12:31:02.678 [main] DEBUG com.example.App - Entering application.",
                {"time": None, "thread": "main", "level": "DEBUG", "message": "Entering application."},
            ),
        ),
        refused=("12:31:02.678 main DEBUG com.example.App - x", "25:61:02 [main] DEBUG com.example.App - x"),
    ),
    app(
        "ttcc",
        "log4j's TTCC layout: %r [%t] %-5p %c - %m; time is null, elapsed the milliseconds",
        (number("elapsed"), THREAD, level(), LOGGER, MESSAGE),
        rank=-5,
        head=2,
        needs=(b" [", b"] "),
        samples=(
            Sample(
                "467 [main] INFO  org.apache.log4j.examples.Sort - Exiting main method.",
                {"elapsed": 467, "thread": "main", "level": "INFO", "logger": "org.apache.log4j.examples.Sort"},
            ),
        ),
        refused=("467 main INFO org.x - y", "x [main] INFO org.x - y"),
    ),
    app(
        "hadoop",
        "Hadoop, HBase, Hive and others: %d %p [%t] %c: %m, with a thread or without",
        (stamp(f"{ISO}%|{DATE}", b" "), level(), maybe(THREAD), LOGGER, MESSAGE),
        rank=-6,
        head=2,
        unlike=Expression(rb"\d{4}-\d\d-\d\d[T ][\d:]{8}\S* +[-.*#] "),
        unlike_reason="a sign stands where Hadoop has the level",
        sure=rb"org\.apache\.h(?:adoop|base|ive)\.|\bh(?:adoop|base|ive|dfs)\.",
        samples=(
            Sample(
                "2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Created",
                {
                    "time": "2015-10-18T18:01:47.978000Z",
                    "level": "INFO",
                    "thread": "main",
                    "logger": "org.apache.hadoop.mapreduce.v2.app.MRAppMaster",
                    "message": "Created",
                },
            ),
            Sample(
                "2024-01-02T03:04:05.678901Z  WARN hyper::proto: body: cut",
                {"level": "WARN", "thread": None, "logger": "hyper::proto", "message": "body: cut"},
            ),
            Sample("2024-01-02 03:04:05,678 INFO  a.B - x", {"logger": "a.B", "message": "x"}),
            Sample("02 Jan 2024 03:04:05,678 INFO  a.B - x", {"time": "2024-01-02T03:04:05.678000Z", "logger": "a.B"}),
        ),
        refused=(
            "2015-10-18 18:01:47,978 INFO no logger here",
            "2015-10-18 18:01:47,978 [main] org.apache.Foo: x",
            "java.io.IOException: x",
        ),
    ),
    app(
        "spark",
        "Spark, and Hadoop's console: %d{yy/MM/dd HH:mm:ss} %p %c{1}: %m",
        (stamp("%y/%m/%d %H:%M:%S%.", b" "), level(), LOGGER, MESSAGE),
        rank=-3,
        needs=(b"/", b" "),
        samples=(
            Sample(
                "17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal handlers",
                {
                    "time": "2017-06-09T20:10:40Z",
                    "level": "INFO",
                    "logger": "executor.CoarseGrainedExecutorBackend",
                    "message": "Registered signal handlers",
                },
            ),
        ),
        refused=("17/06/09 20:10:40 nothing: x", "17/13/09 20:10:40 INFO a.B: x", "2017/06/09 20:10:40 INFO a.B: x"),
    ),
    app(
        "hdfs",
        "HDFS: %d{yyMMdd HHmmss} %t %p %c: %m, the thread being a process number",
        (stamp("%y%m%d %H%M%S", b" "), number("pid"), level(), LOGGER, MESSAGE),
        rank=-2,
        begins=rb"\d{6} \d{6} ",
        samples=(
            Sample(
                "081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 for block blk_38 terminating",
                {
                    "time": "2008-11-09T20:36:15Z",
                    "pid": 148,
                    "level": "INFO",
                    "logger": "dfs.DataNode$PacketResponder",
                    "message": "PacketResponder 1 for block blk_38 terminating",
                },
            ),
        ),
        refused=("081109 203615 INFO dfs.DataNode: x", "081309 203615 148 INFO dfs.DataNode: x"),
    ),
    app(
        "zookeeper",
        "ZooKeeper: %d - %-5p [%t:%C@%L] - %m; the thread holds class and line",
        (
            stamp(ISO, b" "),
            maybe(bracketed("myid", b"] ", b"[myid:")),
            level(opening=b"- "),
            bracketed("thread", b"] "),
            Slot("message", Meaning.TEXT, b"\n", opening=b"- "),
        ),
        rank=-2,
        needs=(b" - ", b"[", b"] - "),
        samples=(
            Sample(
                "2015-07-29 17:41:44,747 - INFO  [QuorumPeer[myid=1]/0:0:0:2181:FastLeaderElection@774] - Notification",
                {
                    "time": "2015-07-29T17:41:44.747000Z",
                    "level": "INFO",
                    "thread": "QuorumPeer[myid=1]/0:0:0:2181:FastLeaderElection@774",
                    "message": "Notification",
                    "myid": None,
                },
            ),
            Sample(
                "2019-12-25 20:46:01,000 [myid:2] - WARN  [main:Main@1] - cut",
                {"myid": "2", "level": "WARN", "thread": "main:Main@1", "message": "cut"},
            ),
        ),
        refused=("2015-07-29 17:41:44,747 INFO [main:Main@1] - x", "2015-07-29 17:41:44,747 - INFO [main:Main@1] x"),
    ),
    app(
        "spring_boot",
        "Spring Boot's console, 1 to 3: time, level, process, --- [thread] logger : message",
        (
            stamp(ISO, b" "),
            level(),
            maybe(bracketed("trace")),
            number("pid", b" --- ["),
            maybe(bracketed("application", b"] [", b"")),
            bracketed("thread", b"] ", b""),
            maybe(bracketed("correlation")),
            LOGGER,
            MESSAGE,
        ),
        rank=-1,
        head=2,
        headers=_BANNER,
        needs=(b" --- [", b"] "),
        samples=(
            Sample(
                "2024-01-02T03:04:05.678Z  INFO 7 --- [shop] [nio-8080-exec-1] [80ab-3f-12] c.e.App  : Up",
                {"application": "shop", "thread": "nio-8080-exec-1", "correlation": "80ab-3f-12", "logger": "c.e.App"},
            ),
            Sample(
                "2019-03-05 10:57:51.112  INFO 45469 --- [           main] org.apache.catalina.Engine  : Up",
                {
                    "time": "2019-03-05T10:57:51.112000Z",
                    "level": "INFO",
                    "pid": 45469,
                    "thread": "main",
                    "logger": "org.apache.catalina.Engine",
                    "message": "Up",
                },
            ),
            Sample(
                "2024-01-02T03:04:05.678+01:00  WARN 1 --- [shop] [nio-8080-exec-1] o.s.w.s.m.Resolver : Resolved [x]",
                {"time": "2024-01-02T02:04:05.678000Z", "application": "shop", "thread": "nio-8080-exec-1", "pid": 1},
            ),
            Sample(
                "2016-02-11 17:12:45.404  INFO [my,73b62c0f90d11e06,73b62c0f90d11e06,false] 85184 --- [exec-1] a.B : c",
                {"trace": "my,73b62c0f90d11e06,73b62c0f90d11e06,false", "pid": 85184, "message": "c"},
            ),
        ),
        refused=(
            "2019-03-05 10:57:51.112  INFO 45469 [main] a.B : Up",
            "2019-03-05 10:57:51.112  INFO main --- [main] a.B : Up",
        ),
    ),
    app(
        "tomcat",
        "Tomcat's catalina.out: JULI's formatter of one line",
        (stamp("%d-%b-%Y %H:%M:%S%.", b" "), level(), THREAD, word("logger"), MESSAGE),
        rank=-2,
        begins=rb"\d\d-[A-Z][a-z][a-z]-\d{4} ",
        needs=(b"-", b" ["),
        samples=(
            Sample(
                "02-Jan-2024 03:04:05.678 SEVERE [main] org.apache.catalina.startup.Catalina.start Port 8080 is in use",
                {
                    "time": "2024-01-02T03:04:05.678000Z",
                    "level": "ERROR",
                    "thread": "main",
                    "logger": "org.apache.catalina.startup.Catalina.start",
                    "message": "Port 8080 is in use",
                },
            ),
        ),
        refused=("02-Jan-2024 03:04:05.678 [main] a.B x", "02-Jax-2024 03:04:05.678 INFO [main] a.B x"),
    ),
    app(
        "jul",
        "java.util.logging, two lines a record: time, class and method, then the level and the message",
        (
            stamp("%b %d, %Y %I:%M:%S %p%|%d.%m.%Y %H:%M:%S%|%d %b %Y %H:%M:%S%|%d-%b-%Y %H:%M:%S", b" "),
            Slot("logger", Meaning.TEXT, b" ", solid=True),
            Slot("method", Meaning.TEXT, b"\n"),
            level(b": ", padded=False),
            MESSAGE,
        ),
        rank=-3,
        needs=(b": ",),
        samples=(
            Sample(
                "Jan 02, 2024 3:04:05 PM com.example.App main\nWARNING: port: 80",
                {
                    "time": "2024-01-02T15:04:05Z",
                    "logger": "com.example.App",
                    "method": "main",
                    "level": "WARN",
                    "message": "port: 80",
                },
            ),
        ),
        refused=("Jan 02, 2024 13:04:05 PM com.example.App main", "Jan 02, 2024 3:04:05 com.example.App main"),
    ),
)
"""Rows of the family."""
