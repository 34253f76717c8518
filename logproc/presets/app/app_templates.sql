-- title: What the messages say, by level
SELECT level, template, count(*) AS messages, min(time) AS first, max(time) AS last
FROM app
GROUP BY ALL ORDER BY messages DESC LIMIT 100
