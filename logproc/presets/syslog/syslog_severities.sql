-- title: Messages by severity
SELECT severity, count(*) AS messages, approx_count_distinct(host) AS hosts
FROM syslog
GROUP BY ALL ORDER BY messages DESC LIMIT 20
