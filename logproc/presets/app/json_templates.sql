-- title: What structured lines say, by level
SELECT level, template(message) AS template, count(*) AS messages, min(time) AS first, max(time) AS last
FROM json
WHERE message IS NOT NULL
GROUP BY ALL ORDER BY messages DESC LIMIT 100
