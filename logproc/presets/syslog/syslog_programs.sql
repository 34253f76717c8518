-- title: Messages by program
SELECT program, count(*) AS messages, count_if(severity IN ('emerg', 'alert', 'crit', 'err')) AS errors
FROM syslog
GROUP BY ALL ORDER BY messages DESC LIMIT 100
