-- title: Messages by facility
SELECT facility, count(*) AS messages, approx_count_distinct(host) AS hosts
FROM syslog
WHERE facility IS NOT NULL
GROUP BY ALL ORDER BY messages DESC LIMIT 30
