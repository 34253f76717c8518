-- title: Levels of structured lines by hour
SELECT date_trunc('hour', time) AS hour, level, count(*) AS messages
FROM json
WHERE time IS NOT NULL
GROUP BY ALL ORDER BY hour, level
