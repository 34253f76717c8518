-- title: Server errors by path
SELECT path, status, count(*) AS requests, max(time) AS last_time
FROM web
WHERE status >= 500
GROUP BY ALL ORDER BY requests DESC LIMIT 100
