"""The ledger's tables, by version. An older one is migrated step by step; a newer one is refused.

`generations` are the contents of log files as far as they were counted; `seen` what the last scan made of each path.
`copies` are contents that were found to be copies of a generation (0: of a file that has no whole line yet), or of its
beginning; behind a NUL and the family, what was counted of it at the end of earlier runs; behind two and the numbers of
two generations, what the second has counted of the first one's beginning, with its lines; behind a NUL, a 1 and the
number of a generation, which one has its counts now, since it was appended to that one. `ranges` are the parts of
generations that were counted beyond the offset, behind a hole. `runs` go from planned to committed to reported. `wants`
says which file number of a run is which generation, and `results` hold what workers returned: `tables` until they are
committed, `books` until they are reported. `parts` hold the counts of a task by slot, `pieces` whose they are,
`part_days` of which days; a part with a generation is what stands open at that one's end. `totals` are all parts of a
day together, open ones left out; `months` are the totals of a month's days and `sums` those of all days, where they
have been added up: they are dropped where a total is taken back. A day is counted from 1970-01-01, -2**63 for lines
without a time, which are in no month; a month from that of the year 0. Pieces without a generation are those of old
days, merged by day, host and source; `merged` counts the lines that a generation has in them. A generation is `whole`
where its file can only be read from the beginning. Paths are bytes. `finished` are the reports of all counts, until one
of them changes: from version 4 on, so that no older program changes one and leaves them. From version 5 on counts may
be packed in ways that older programs cannot undo.
"""

from __future__ import annotations

VERSION = 5
APPLICATION_ID = 0x4C50524C  # "LPRL"

CREATE = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE specs (
    id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, definition BLOB NOT NULL,
    first_run INTEGER NOT NULL
);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL, version TEXT NOT NULL, started TEXT NOT NULL,
    finished TEXT, status TEXT NOT NULL, specs TEXT NOT NULL
);
CREATE TABLE generations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path BLOB NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
    source TEXT NOT NULL, host TEXT, codec TEXT NOT NULL, format TEXT, confidence REAL NOT NULL, tried TEXT NOT NULL,
    head BLOB NOT NULL, head_bytes INTEGER NOT NULL, signature BLOB NOT NULL,
    "offset" INTEGER NOT NULL, tail BLOB NOT NULL, tail_bytes INTEGER NOT NULL, crc INTEGER NOT NULL,
    open_end INTEGER NOT NULL, end_crc INTEGER NOT NULL, closed INTEGER NOT NULL,
    first_time INTEGER, last_time INTEGER, run INTEGER NOT NULL, merged TEXT, whole INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE seen (
    path BLOB PRIMARY KEY, device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL, generation INTEGER, kind TEXT NOT NULL, reason TEXT,
    again INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE copies (
    family BLOB NOT NULL, length INTEGER NOT NULL, crc INTEGER NOT NULL, generation INTEGER NOT NULL,
    PRIMARY KEY (family, length, crc)
) WITHOUT ROWID;
CREATE TABLE ranges (
    generation INTEGER NOT NULL, start INTEGER NOT NULL, mark TEXT NOT NULL, PRIMARY KEY (generation, start)
) WITHOUT ROWID;
CREATE TABLE wants (
    run INTEGER NOT NULL, file INTEGER NOT NULL, generation INTEGER NOT NULL, recounted INTEGER NOT NULL,
    PRIMARY KEY (run, file)
) WITHOUT ROWID;
CREATE TABLE results (
    run INTEGER NOT NULL, task INTEGER NOT NULL, books BLOB NOT NULL, tables BLOB, PRIMARY KEY (run, task)
);
CREATE TABLE parts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL, generation INTEGER, specs TEXT NOT NULL,
    tables BLOB NOT NULL
);
CREATE INDEX parts_by_generation ON parts (generation) WHERE generation IS NOT NULL;
CREATE TABLE pieces (
    part INTEGER NOT NULL, file INTEGER NOT NULL, generation INTEGER, source TEXT NOT NULL, host TEXT,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    "read" INTEGER NOT NULL, counted INTEGER NOT NULL, filtered INTEGER NOT NULL, rejected INTEGER NOT NULL,
    PRIMARY KEY (part, file)
) WITHOUT ROWID;
CREATE INDEX pieces_by_generation ON pieces (generation);
CREATE TABLE part_days (day INTEGER NOT NULL, part INTEGER NOT NULL, PRIMARY KEY (day, part)) WITHOUT ROWID;
CREATE INDEX part_days_by_part ON part_days (part);
CREATE TABLE totals (
    day INTEGER NOT NULL, spec TEXT NOT NULL, tables BLOB NOT NULL, PRIMARY KEY (day, spec)
);
CREATE TABLE months (
    month INTEGER NOT NULL, spec TEXT NOT NULL, tables BLOB NOT NULL, PRIMARY KEY (month, spec)
);
CREATE TABLE sums (spec TEXT PRIMARY KEY, tables BLOB NOT NULL);
CREATE TABLE finished (mark TEXT PRIMARY KEY, content BLOB NOT NULL);
"""

MIGRATIONS: dict[int, str] = {
    1: "CREATE TABLE sums (spec TEXT PRIMARY KEY, tables BLOB NOT NULL);"
    "ALTER TABLE generations ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;",
    2: "CREATE TABLE months "
    "(month INTEGER NOT NULL, spec TEXT NOT NULL, tables BLOB NOT NULL, PRIMARY KEY (month, spec));",
    3: "CREATE TABLE finished (mark TEXT PRIMARY KEY, content BLOB NOT NULL);",
    4: "",
}
"""What makes a schema of version n one of version n + 1."""

READ_AS = {
    1: "CREATE TEMP TABLE sums (spec TEXT, tables BLOB);"
    "CREATE TEMP VIEW generations AS SELECT *, 0 AS whole FROM main.generations;",
    2: "CREATE TEMP TABLE months (month INTEGER, spec TEXT, tables BLOB);",
    3: "CREATE TEMP TABLE finished (mark TEXT, content BLOB);",
    4: "",
}
"""What lets a reader, who may not change it, take a schema of version n for one of version n + 1: beside the ledger, in
memory, for as long as it is read."""
