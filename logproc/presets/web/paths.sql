-- title: Top paths
SELECT path, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors
FROM web
WHERE NOT is_static(path)
GROUP BY ALL ORDER BY requests DESC LIMIT 100
