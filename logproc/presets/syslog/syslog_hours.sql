-- title: Messages by hour
SELECT date_trunc('hour', time) AS hour, count(*) AS messages, approx_count_distinct(host) AS hosts
FROM syslog
WHERE time IS NOT NULL
GROUP BY ALL ORDER BY hour
