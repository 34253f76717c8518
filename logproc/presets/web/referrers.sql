-- title: Referrers
SELECT referrer, count(*) AS requests, approx_count_distinct(client) AS visitors
FROM web
WHERE referrer IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 100
