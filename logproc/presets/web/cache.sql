-- title: Cache status
SELECT cache, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors
FROM web
WHERE cache IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 50
