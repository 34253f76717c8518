-- title: Messages by host
SELECT host, count(*) AS messages, count_if(severity IN ('emerg', 'alert', 'crit', 'err')) AS errors,
       max(time) AS last_time
FROM syslog
GROUP BY ALL ORDER BY messages DESC LIMIT 100
