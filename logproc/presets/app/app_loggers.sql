-- title: Messages by logger
SELECT logger, count(*) AS messages, count_if(level IN ('ERROR', 'FATAL')) AS errors
FROM app
GROUP BY ALL ORDER BY messages DESC LIMIT 100
