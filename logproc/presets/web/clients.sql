-- title: Clients
SELECT client, count(*) AS requests, sum(bytes) AS bytes, max(time) AS last_time
FROM web
GROUP BY ALL ORDER BY requests DESC LIMIT 100
