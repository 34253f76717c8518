-- title: What the errors say
SELECT host, program, template(message) AS template, count(*) AS errors, max(time) AS last_time
FROM syslog
WHERE severity IN ('emerg', 'alert', 'crit', 'err')
GROUP BY ALL ORDER BY errors DESC LIMIT 100
