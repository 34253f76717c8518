r"""Grok patterns for whole lines of syslog, name servers, databases, mail, and programs in Java and Ruby.

Names and fields are as in `grok_web`.
"""

from __future__ import annotations

SYSLOG = {
    "PROG": r"[\x21-\x5a\x5c\x5e-\x7e]+",
    "SYSLOGPROG": r"%{PROG:program>process.name}(?:\[%{POSINT:pid>process.pid:int}\])?",
    "SYSLOGHOST": "%{IPORHOST}",
    "SYSLOGFACILITY": "<%{NONNEGINT:facility>log.syslog.facility.code:int}."
    "%{NONNEGINT:priority>log.syslog.priority:int}>",
    "SYSLOGBASE": (
        "%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource>host.hostname} %{SYSLOGPROG}:"
    ),
    "SYSLOGBASE2": (
        "(?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp8601>timestamp})(?: %{SYSLOGFACILITY})?"
        "(?: %{SYSLOGHOST:logsource>host.hostname})?(?: %{SYSLOGPROG}:|)"
    ),
    "SYSLOGLINE": "%{SYSLOGBASE2} %{GREEDYDATA:message}",
    "SYSLOGPAMSESSION": (
        r"%{SYSLOGBASE} %{DATA:message>}%{WORD:pam_module>system.auth.pam.module}\("
        r"%{DATA:pam_caller>system.auth.pam.origin}\): "
        "session %{WORD:pam_session_state>system.auth.pam.session_state} for user %{USERNAME:username>user.name}"
        "(?: by %{GREEDYDATA:pam_by>})?"
    ),
    "CRON_ACTION": "[A-Z ]+",
    "CRONLOG": (
        r"%{SYSLOGBASE} \(%{USER:user>user.name}\) %{CRON_ACTION:action>system.cron.action} \(%{DATA:message}\)"
    ),
    "SYSLOG5424PRINTASCII": r"[!-~]+",
    "SYSLOG5424PRI": "<%{NONNEGINT:syslog5424_pri>log.syslog.priority:int}>",
    "SYSLOG5424SD": r"(?:\[.*?[^\\]\])+",
    "SYSLOG5424BASE": (
        "%{SYSLOG5424PRI}%{NONNEGINT:syslog5424_ver>system.syslog.version} +"
        "(?:-|%{TIMESTAMP_ISO8601:syslog5424_ts>timestamp}) +(?:-|%{IPORHOST:syslog5424_host>host.hostname}) +"
        "(?:-|%{SYSLOG5424PRINTASCII:syslog5424_app>process.name}) +"
        "(?:-|%{SYSLOG5424PRINTASCII:syslog5424_proc>process.pid:string}) +"
        "(?:-|%{SYSLOG5424PRINTASCII:syslog5424_msgid>event.code}) +(?:-|"
        "%{SYSLOG5424SD:syslog5424_sd>system.syslog.structured_data})?"
    ),
    "SYSLOG5424LINE": "%{SYSLOG5424BASE} +%{GREEDYDATA:syslog5424_msg>message}",
    "CISCOTIMESTAMP": "%{MONTH} +%{MONTHDAY}(?: %{YEAR})? %{TIME}",
    "CISCOTAG": "[A-Z0-9]+-%{INT}-(?:[A-Z0-9_]+)",
    "CISCO_TAGGED_SYSLOG": (
        r"<%{POSINT:syslog_pri>log.syslog.priority:int}>%{CISCOTIMESTAMP:timestamp}(?: "
        r"%{SYSLOGHOST:sysloghost>host.hostname})? ?: "
        "%%{CISCOTAG:ciscotag>cisco.asa.tag}:"
    ),
}
"""Syslog and what writes to it."""

_EXIM_ID = "[0-9A-Za-z]{6}-[0-9A-Za-z]{6}-[0-9A-Za-z]{2}"
_BIND_TIME = "%{MONTHDAY}[-]%{MONTH}[-]%{YEAR} %{TIME}"
_BIND_QUERY = (
    r"client(?:\s+@0x[0-9A-Fa-f]+)? %{IP:clientip>client.ip}#%{POSINT:clientport>client.port:int} "
    r"\(%{NOTSPACE:>bind.log.question.name}\): query: %{NOTSPACE:query>dns.question.name} "
)

PROGRAMS = {
    "BIND9_TIMESTAMP": _BIND_TIME,
    "BIND9_DNSTYPE": "(?:[A-Z][0-9A-Z]*)",
    "BIND9_QUERYLOGBASE": (
        _BIND_QUERY + r"%{WORD:>dns.question.class} %{BIND9_DNSTYPE:>dns.question.type} "
        r"%{NOTSPACE:>bind.log.question.flags}(?: \(%{IP:dns>server.ip}\))?"
    ),
    "BIND9_QUERYLOG": "%{BIND9_QUERYLOGBASE}",
    "BIND9": (
        "%{BIND9_TIMESTAMP:timestamp} %{WORD:>bind.log.category}: %{LOGLEVEL:loglevel>log.level}: " + _BIND_QUERY + ""
        r"(?:%{WORD:>dns.question.class}) (?<querytype>%{BIND9_DNSTYPE:>dns.question.type} "
        r"%{NOTSPACE:>bind.log.question.flags})"
        r"(?: \(%{IP:dns>server.ip}\))?"
    ),
    "JAVACLASS": r"(?:[a-zA-Z$_][a-zA-Z$_0-9]*\.)*[a-zA-Z$_][a-zA-Z$_0-9]*",
    "JAVAFILE": r"(?:[a-zA-Z$_0-9. -]+)",
    "JAVAMETHOD": "(?:<(?:cl)?init>|[a-zA-Z$_][a-zA-Z$_0-9]*)",
    "JAVASTACKTRACEPART": (
        r"\s*at %{JAVACLASS:class>java.log.origin.class.name}\.%{JAVAMETHOD:method>log.origin.function}"
        r"\(%{JAVAFILE:file>log.origin.file.name}(?::%{INT:line>log.origin.file.line:int})?\)"
    ),
    "JAVATHREAD": r"(?:[A-Z]{2}-Processor[\d]+)",
    "JAVALOGMESSAGE": "(?:.*)",
    "CATALINA7_DATESTAMP": "%{MONTH} %{MONTHDAY}, %{YEAR} %{HOUR}:%{MINUTE}:%{SECOND} (?:AM|PM)",
    "CATALINA8_DATESTAMP": "%{MONTHDAY}-%{MONTH}-%{YEAR} %{HOUR}:%{MINUTE}:%{SECOND}",
    "CATALINA_DATESTAMP": "(?:%{CATALINA8_DATESTAMP}|%{CATALINA7_DATESTAMP})",
    "CATALINA7_LOG": (
        r"%{CATALINA7_DATESTAMP:timestamp} %{JAVACLASS:class>java.log.origin.class.name}"
        r"(?: %{JAVAMETHOD:>log.origin.function})?\s*(?:%{LOGLEVEL:>log.level}:)? "
        r"%{JAVALOGMESSAGE:logmessage>message}"
    ),
    "CATALINA8_LOG": (
        r"%{CATALINA8_DATESTAMP:timestamp} %{LOGLEVEL:level>log.level} \[%{DATA:>java.log.origin.thread.name}\] "
        r"%{JAVACLASS:class>java.log.origin.class.name}\.(?:%{JAVAMETHOD:>log.origin.function})? "
        "%{JAVALOGMESSAGE:logmessage>message}"
    ),
    "CATALINALOG": "(?:%{CATALINA8_LOG}|%{CATALINA7_LOG})",
    "TOMCAT_DATESTAMP": "(?:%{CATALINA8_DATESTAMP}|%{CATALINA7_DATESTAMP}|%{TOMCATLEGACY_DATESTAMP})",
    "TOMCATLEGACY_DATESTAMP": "%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:%{MINUTE}:%{SECOND}(?: %{ISO8601_TIMEZONE})?",
    "TOMCATLEGACY_LOG": (
        r"%{TOMCATLEGACY_DATESTAMP:timestamp} \| %{LOGLEVEL:level>log.level} \| "
        "%{JAVACLASS:class>java.log.origin.class.name} - %{JAVALOGMESSAGE:logmessage>message}"
    ),
    "TOMCATLOG": "(?:%{TOMCATLEGACY_LOG}|%{CATALINA8_LOG}|%{CATALINA7_LOG})",
    "RUBY_LOGLEVEL": "(?:DEBUG|FATAL|ERROR|WARN|INFO)",
    "RUBY_LOGGER": (
        r"[DFEWI], \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:pid>process.pid:int}\] *"
        r"%{RUBY_LOGLEVEL:loglevel>log.level} "
        "-- +%{DATA:progname>process.name}: %{GREEDYDATA:message}"
    ),
    "MCOLLECTIVE": (
        r"., \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:pid>process.pid:int}\]\s*%{LOGLEVEL:event_level>log.level}"
    ),
    "MCOLLECTIVEAUDIT": "%{TIMESTAMP_ISO8601:timestamp}:",
    "MAVEN_VERSION": r"[0-9]+\.[0-9]+(?:\.[0-9]+)?(?:[.-][A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*)?",
    "POSTGRESQL": (
        "%{DATESTAMP:timestamp} %{TZ:>event.timezone} %{DATA:user_id>user.name} "
        "%{GREEDYDATA:connection_id>postgresql.log.connection_id} "
        "%{POSINT:pid>process.pid:int}"
    ),
    "REDISTIMESTAMP": "%{MONTHDAY} %{MONTH}(?: %{YEAR})? %{TIME}",
    "REDISLOG": r"\[%{POSINT:pid>process.pid:int}\] %{REDISTIMESTAMP:timestamp} \*\s*",
    "REDISMONLOG": (
        r"%{NUMBER:timestamp} \[%{INT:database>redis.database.id} %{IP:client>client.ip}:"
        r"%{POSINT:port>client.port:int}\] "
        r'"%{WORD:command>redis.command.name}"\s?%{GREEDYDATA:params>redis.command.args}'
    ),
    "MONGO_LOG": r"%{SYSLOGTIMESTAMP:timestamp} \[%{WORD:component>mongodb.component}\] %{GREEDYDATA:message}",
    "MONGO_QUERY": r"\{ .* \} ntoreturn:".replace(" ntoreturn:", "(?= ntoreturn:)"),
    "MONGO_WORDDASH": r"\b[\w-]+\b",
    "MONGO_SLOWQUERY": (
        r"%{WORD:>mongodb.profile.op} %{MONGO_WORDDASH:database>mongodb.database}\."
        r"%{MONGO_WORDDASH:collection>mongodb.collection} "
        r"%{WORD}: %{MONGO_QUERY:query>mongodb.query.original} ntoreturn:"
        r"%{NONNEGINT:ntoreturn>mongodb.profile.ntoreturn:int} "
        r"ntoskip:%{NONNEGINT:ntoskip>mongodb.profile.ntoskip:int} nscanned:"
        r"%{NONNEGINT:nscanned>mongodb.profile.nscanned:int}"
        r".*? nreturned:%{NONNEGINT:nreturned>mongodb.profile.nreturned:int}.*? "
        r"%{INT:duration>mongodb.profile.duration:int}ms"
    ),
    "MONGO3_SEVERITY": r"[FEWIDT]\d?",
    "MONGO3_COMPONENT": r"(?:-|[A-Z]+)",
    "MONGO3_LOG": (
        r"%{TIMESTAMP_ISO8601:timestamp} %{MONGO3_SEVERITY:severity>log.level} +"
        r"%{MONGO3_COMPONENT:component>mongodb.component} +"
        r"(?:\[%{DATA:context>mongodb.context}\])? %{GREEDYDATA:message}"
    ),
    "EXIM_MSGID": _EXIM_ID,
    "EXIM_FLAGS": r"(?:<=|=>|->|\*>|\*\*|==|<>|>>)",
    "EXIM_DATE": "(?:%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{TIME})",
    "EXIM_PID": r"\[%{POSINT:pid>process.pid:int}\]",
    "EXIM": (
        r"%{EXIM_DATE:timestamp} (?:%{EXIM_PID} )?%{EXIM_MSGID:exim_msgid>exim.log.message.id} "
        r"(?:%{EXIM_FLAGS:exim_flags>exim.log.flags}) %{NOTSPACE:exim_sender_email>exim.log.sender.email}"
        r"(?: H=(?:%{NOTSPACE:remote_hostname>exim.log.remote_address} )?(?:\("
        r"%{NOTSPACE:remote_heloname>exim.log.remote_heloname}\) )?"
        r"\[%{IP:remote_host>source.ip}\](?::%{POSINT:remote_port>source.port:int})?)?"
        r"(?:.*? P=%{NOTSPACE:protocol>network.protocol})?(?:.*? S=%{INT:exim_msg_size>exim.log.message.size:int})?"
        r"(?:.*? id=%{NOTSPACE:exim_header_id>exim.log.header_id})?(?:.*? T="
        r"%{QS:exim_subject>exim.log.message.subject})?"
    ),
}
"""Name servers, Java, Ruby, databases, mail."""
