-- title: Not found
SELECT path, count(*) AS requests, approx_count_distinct(client) AS visitors
FROM web
WHERE status = 404
GROUP BY ALL ORDER BY requests DESC LIMIT 100
