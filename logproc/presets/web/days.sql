-- title: Requests by day
SELECT date_trunc('day', time) AS day, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors
FROM web
WHERE time IS NOT NULL
GROUP BY ALL ORDER BY day
