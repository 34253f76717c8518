-- title: What the messages say, by program
SELECT program, template(message) AS template, count(*) AS messages, max(time) AS last_time
FROM syslog
GROUP BY ALL ORDER BY messages DESC LIMIT 100
