-- title: Latency by route
SELECT route(path) AS route, count(*) AS requests, sum(duration) AS total, approx_quantile(duration, 0.5) AS p50,
       approx_quantile(duration, 0.95) AS p95, approx_quantile(duration, 0.99) AS p99
FROM web
WHERE duration IS NOT NULL
GROUP BY ALL ORDER BY total DESC LIMIT 100
