-- title: Messages by level
SELECT level, count(*) AS messages, max(time) AS last_time
FROM app
GROUP BY ALL ORDER BY messages DESC LIMIT 20
