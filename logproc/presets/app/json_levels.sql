-- title: Structured lines by level
SELECT level, count(*) AS messages, max(time) AS last_time
FROM json
GROUP BY ALL ORDER BY messages DESC LIMIT 20
