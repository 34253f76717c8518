-- title: Levels by hour
SELECT date_trunc('hour', time) AS hour, level, count(*) AS messages
FROM app
WHERE time IS NOT NULL
GROUP BY ALL ORDER BY hour, level
