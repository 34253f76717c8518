-- title: Referring sites
SELECT domain(referrer) AS site, count(*) AS requests, approx_count_distinct(client) AS visitors
FROM web
WHERE domain(referrer) IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 100
