-- title: Virtual hosts
SELECT vhost, count(*) AS requests, sum(bytes) AS bytes, approx_count_distinct(client) AS visitors
FROM web
WHERE vhost IS NOT NULL
GROUP BY ALL ORDER BY requests DESC LIMIT 100
