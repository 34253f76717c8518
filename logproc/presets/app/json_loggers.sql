-- title: Structured lines by logger
SELECT logger, count(*) AS messages, count_if(level IN ('ERROR', 'FATAL')) AS errors
FROM json
WHERE logger IS NOT NULL
GROUP BY ALL ORDER BY messages DESC LIMIT 100
