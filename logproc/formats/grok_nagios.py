r"""Grok patterns for whole lines of Nagios and of Bacula.

https://assets.nagios.com/downloads/nagioscore/docs/nagioscore/4/en/extcommands.html,
https://www.bacula.org/13.0.x-manuals/en/main/. Names and fields are as in `grok_web`.
"""

from __future__ import annotations

_HOST, _SERVICE = "%{DATA:nagios_hostname>host.hostname}", "%{DATA:nagios_service>service.name}"
_STATE, _MESSAGE = "%{DATA:nagios_state>service.state}", "%{GREEDYDATA:nagios_message>message}"
_LEVEL, _ATTEMPT = "%{WORD:nagios_statelevel>nagios.log.state_type}", "%{INT:nagios_attempt>nagios.log.attempt:int}"
_USER, _COMMAND = "%{DATA:nagios_notifyname>user.name}", "%{DATA:nagios_contact>nagios.log.notification_command}"
_COMMENT = "%{DATA:nagios_comment>nagios.log.comment}"
_TIMES = "%{NUMBER:nagios_start_time>nagios.log.start_time};%{NUMBER:nagios_end_time>nagios.log.end_time}"
_DOWNTIME = (
    f"{_TIMES};%{{NUMBER:nagios_fixed>nagios.log.fixed}};%{{NUMBER:nagios_trigger_id>nagios.log.trigger_id}};"
    "%{INT:nagios_duration>nagios.log.duration:int};%{DATA:author>user.name};%{DATA:comment>nagios.log.comment}"
)


def _event(kind: str, *parts: str) -> str:
    """Return the pattern of a kind of event and of what stands behind its colon, between semicolons."""
    return f"%{{NAGIOS_TYPE_{kind.upper().replace(' ', '_')}:nagios_type>nagios.log.type}}: {';'.join(parts)}"


def _command(name: str, *parts: str) -> str:
    return f"%{{NAGIOS_EC_{name}:nagios_command>nagios.log.command}};{';'.join(parts)}"


_CURRENT = (
    "%{DATA:nagios_statetype>nagios.log.state_type}",
    "%{INT:nagios_statecode>nagios.log.attempt:int}",
    _MESSAGE,
)
_CHECKED = ("%{DATA:nagios_state>service.state}", "%{GREEDYDATA:nagios_comment>nagios.log.comment}")
_HANDLER = "%{DATA:nagios_event_handler_name>nagios.log.event_handler_name}"
_EVENTS = {
    "current service state": (_HOST, _SERVICE, _STATE, *_CURRENT),
    "current host state": (_HOST, _STATE, *_CURRENT),
    "service notification": (_USER, _HOST, _SERVICE, _STATE, _COMMAND, _MESSAGE),
    "host notification": (_USER, _HOST, _STATE, _COMMAND, _MESSAGE),
    "service alert": (_HOST, _SERVICE, _STATE, _LEVEL, _ATTEMPT, _MESSAGE),
    "host alert": (_HOST, _STATE, _LEVEL, _ATTEMPT, _MESSAGE),
    "service flapping alert": (_HOST, _SERVICE, _STATE, _MESSAGE),
    "host flapping alert": (_HOST, _STATE, _MESSAGE),
    "service downtime alert": (_HOST, _SERVICE, _STATE, "%{GREEDYDATA:nagios_comment>nagios.log.comment}"),
    "host downtime alert": (_HOST, _STATE, "%{GREEDYDATA:nagios_comment>nagios.log.comment}"),
    "passive service check": (_HOST, _SERVICE, *_CHECKED),
    "passive host check": (_HOST, *_CHECKED),
    "service event handler": (_HOST, _SERVICE, _STATE, _LEVEL, _ATTEMPT, _HANDLER),
    "host event handler": (_HOST, _STATE, _LEVEL, _ATTEMPT, _HANDLER),
    "timeperiod transition": (
        "%{DATA:nagios_service>service.name}",
        "%{INT:nagios_unknown1>nagios.log.period_from:int}",
        "%{INT:nagios_unknown2>nagios.log.period_to:int}",
    ),
}
_CHECK = ("%{DATA:nagios_check_result>nagios.log.check_result}", _COMMENT)
_COMMANDS = {
    "DISABLE_SVC_CHECK": (_HOST, _SERVICE),
    "ENABLE_SVC_CHECK": (_HOST, _SERVICE),
    "DISABLE_HOST_CHECK": (_HOST,),
    "ENABLE_HOST_CHECK": (_HOST,),
    "PROCESS_SERVICE_CHECK_RESULT": (_HOST, _SERVICE, "%{DATA:nagios_state>service.state}", _CHECK[0]),
    "PROCESS_HOST_CHECK_RESULT": (_HOST, "%{DATA:nagios_state>service.state}", _CHECK[0]),
    "SCHEDULE_SERVICE_DOWNTIME": (_HOST, _SERVICE, _DOWNTIME),
    "SCHEDULE_HOST_DOWNTIME": (_HOST, _DOWNTIME),
    "DISABLE_HOST_SVC_NOTIFICATIONS": (_HOST,),
    "ENABLE_HOST_SVC_NOTIFICATIONS": (_HOST,),
    "DISABLE_HOST_NOTIFICATIONS": (_HOST,),
    "ENABLE_HOST_NOTIFICATIONS": (_HOST,),
    "DISABLE_SVC_NOTIFICATIONS": (_HOST, _SERVICE),
    "ENABLE_SVC_NOTIFICATIONS": (_HOST, _SERVICE),
}
_EVENT_LINES = "|".join(_event(kind, *parts) for kind, parts in _EVENTS.items())
_COMMAND_LINES = "|".join(_command(name, *parts) for name, parts in _COMMANDS.items())

NAGIOS = {
    "NAGIOSTIME": r"\[%{NUMBER:nagios_epoch>timestamp}\]",
    **{f"NAGIOS_TYPE_{kind.upper().replace(' ', '_')}": kind.upper() for kind in _EVENTS},
    "NAGIOS_TYPE_EXTERNAL_COMMAND": "EXTERNAL COMMAND",
    **{f"NAGIOS_EC_{name}": name for name in _COMMANDS},
    "NAGIOSLOGLINE": (
        rf"%{{NAGIOSTIME}} (?:{_EVENT_LINES}|%{{NAGIOS_TYPE_EXTERNAL_COMMAND:nagios_type>nagios.log.type}}: "
        rf"(?:{_COMMAND_LINES}))$"
    ),
}
"""Nagios's log."""

_VOLUME = '"?%{BACULA_VOLUME:volume>bacula.volume.name}"?'
_DEVICE = r'"?%{BACULA_DEVICE:device>bacula.volume.device}"?(?: \(%{DATA:>bacula.volume.path}\))?'
_JOB, _CLIENT = "%{NOTSPACE:job>bacula.job.name}", "%{NOTSPACE:client>bacula.client.name}"
_ERROR, _FILE = "%{GREEDYDATA:berror>error.message}", '"?%{DATA:>file.path}"?'
_PEER = "%{IPORHOST:>client.address}:%{POSINT:>client.port:int}"
_CAPACITY = "(?: %{NOTSPACE:>bacula.volume.max_capacity})?"
_CONNECT = r"(?:Fatal error|Warning): bsock\.c:\d+ (?:Unable|Could not) (?:to )?connect to"
_MESSAGES = {
    "MAX_CAPACITY": (
        rf"(?:User defined maximum volume capacity|max Volume jobs){_CAPACITY} exceeded on device {_DEVICE}\.?"
    ),
    "END_VOLUME": (
        rf"End of medium on Volume {_VOLUME} Bytes=%{{NOTSPACE:nbytes>bacula.volume.bytes}} "
        r"Blocks=%{NOTSPACE:nblocks>bacula.volume.blocks} at %{BACULA_TIMESTAMP:>bacula.timestamp}\.?"
    ),
    "NEW_VOLUME": rf"Created new Volume {_VOLUME} in catalog\.",
    "NEW_LABEL": rf"Labeled new Volume {_VOLUME} on device {_DEVICE}\.?",
    "WROTE_LABEL": rf"Wrote label to prelabeled Volume {_VOLUME} on device {_DEVICE}",
    "NEW_MOUNT": rf"New volume {_VOLUME} mounted on device {_DEVICE} at %{{BACULA_TIMESTAMP}}\.?",
    "NOOPEN": rf"\s*Cannot open {_FILE}: ERR={_ERROR}",
    "NOOPENDIR": rf"\s*Could not open directory {_FILE}: ERR={_ERROR}",
    "NOSTAT": rf"\s*Could not stat {_FILE}: ERR={_ERROR}",
    "NOJOBS": rf"There are no more Jobs associated with Volume {_VOLUME}\. Marking it purged\.",
    "ALL_RECORDS_PRUNED": rf'(?:\.+\s*)?All records pruned from Volume {_VOLUME}; marking it "Purged"',
    "BEGIN_PRUNE_JOBS": "Begin pruning Jobs.*",
    "BEGIN_PRUNE_FILES": r"Begin pruning Files\.?",
    "PRUNED_JOBS": rf"Pruned %{{INT}} Jobs* for client {_CLIENT} from catalog\.",
    "PRUNED_FILES": rf"Pruned Files from %{{INT}} Jobs* for client {_CLIENT} from catalog\.",
    "ENDPRUNE": r"End auto prune\.",
    "STARTJOB": rf"Start Backup JobId %{{INT}}, Job={_JOB}",
    "STARTRESTORE": rf"Start Restore Job {_JOB}",
    "USEDEVICE": rf"Using Device {_DEVICE}.*",
    "DIFF_FS": rf"\s*{_FILE} is a different filesystem\. Will not descend from .*? into it\.",
    "JOBEND": "Job write elapsed time = %{NOTSPACE:elapsed>bacula.job.elapsed_time}, Transfer rate = %{NUMBER}.*",
    "NOPRUNE_JOBS": r"No Jobs found to prune\.",
    "NOPRUNE_FILES": r"No Files found to prune\.",
    "VOLUME_PREVWRITTEN": rf"Volume {_VOLUME} previously written, moving to end of data\.",
    "READYAPPEND": rf"Ready to append to end of Volume {_VOLUME}(?: size=%{{INT:>bacula.volume.size:int}})?",
    "CANCELLING": r"Cancelling duplicate JobId=%{INT:>bacula.job.other_id}\.",
    "MARKCANCEL": rf"JobId %{{INT:jobid>bacula.job.id}}, Job {_JOB} marked to be canceled\.",
    "CLIENT_RBJ": 'shell command: run ClientRunBeforeJob "%{DATA:runjob>bacula.job.client_run_before_command}"',
    "VSS": "(?:Generate )?VSS.*",
    "MAXSTART": r"Fatal error: Job canceled because max start delay time exceeded\.?",
    "DUPLICATE": r"Fatal error: JobId %{INT:>bacula.job.other_id} already running\. Duplicate job not allowed\.",
    "NOJOBSTAT": r"Fatal error: No Job status returned from FD\.",
    "FATAL_CONN": rf"{_CONNECT} Client: {_CLIENT} on {_PEER}\. ERR={_ERROR}",
    "NO_CONNECT": rf"{_CONNECT} .*?\. ERR={_ERROR}",
    "NO_AUTH": (
        rf'Fatal error: Unable to authenticate with File daemon at "?(?:{_PEER}|%{{IPORHOST:>client.address}})"?.*'
    ),
    "NOSUIT": r"No prior or suitable Full backup found in catalog\. Doing FULL backup\.?",
    "NOPRIOR": r"No prior Full backup Job record found\.?",
}

BACULA = {
    "BACULA_TIMESTAMP": r"%{MONTHDAY}-%{MONTH}(?:-%{YEAR})? %{HOUR}:%{MINUTE}(?::%{SECOND})?",
    "BACULA_HOST": r"[\w.-]+",
    "BACULA_VOLUME": r"[^\s\"]+",
    "BACULA_DEVICE": r"[^\s\"]+",
    **{f"BACULA_LOG_{name}": message for name, message in _MESSAGES.items()},
    "BACULA_LOG": f"(?:{'|'.join(f'%{{BACULA_LOG_{name}}}' for name in _MESSAGES)})",
    "BACULA_LOGLINE": (
        "%{BACULA_TIMESTAMP:bts>timestamp} %{BACULA_HOST:hostname>host.hostname}"
        "(?: JobId %{INT:jobid>bacula.job.id})?:? +%{BACULA_LOG}"
    ),
}
"""Bacula's messages."""
