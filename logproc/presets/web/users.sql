-- title: Users
SELECT user, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors
FROM web
WHERE user IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 100
